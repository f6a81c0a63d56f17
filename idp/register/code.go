package register

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/identifier"
	"vhod/store"
	"vhod/ui"
)

// ShowCode is GET /register/code.
func (h *Register) ShowCode(c echo.Context) error {
	v, r, err := h.at(c, stepCode)
	if r == nil {
		return err
	}
	return h.codePage(c, v, r, http.StatusOK, ui.Code{Notice: notice(c)})
}

// SubmitCode is POST /register/code: the code, or the wish for another.
func (h *Register) SubmitCode(c echo.Context) error {
	v, r, err := h.at(c, stepCode)
	if r == nil {
		return err
	}
	if c.FormValue("action") == "resend" {
		return h.resend(c, v, r)
	}
	code := c.FormValue("code")
	if code == "" {
		return h.refuseCode(c, v, r, ui.Code{}, ui.T(ui.CodeEmpty))
	}
	if !guard.WellFormed(code) {
		return h.refuseCode(c, v, r, ui.Code{Field: ui.Field{Value: bounded(code)}}, ui.T(ui.CodeMalformed))
	}
	ctx := c.Request().Context()
	// Tries are counted across the codes of a registration. How many codes a contact
	// is sent, and with them the tries of all, is the budgets' matter.
	subject := store.AttemptSubject{Bucket: int16(r.row.ID[0]), ID: r.row.ID}
	var attempt guard.Attempt
	if err := h.DB.Write(ctx, h.Attempts.Reserve(purpose, subject, &attempt)); err != nil {
		return err
	}
	if attempt.Blocked() {
		problem := ui.CodeBlocked
		if r.data.Kind == idp.IdentifierEmail {
			problem = ui.CodeBlockedLink
		}
		return h.refuseCode(c, v, r, ui.Code{BlockedFor: attempt.Left(), BlockedUntil: h.Now().Add(attempt.Left())}, ui.T(problem, "Count", up(attempt.Left(), time.Minute)))
	}
	outcome, err := h.Codes.Check(ctx, r.data.CodeID, purpose, r.row.ID, code)
	if err != nil {
		return err
	}
	switch {
	case outcome.Right && !r.data.Existing:
		return h.proved(c, v, r, r.row.ID, h.Attempts.Clear(purpose, subject))
	case outcome.Gone:
		return h.refuseCode(c, v, r, ui.Code{}, h.spent(r, ui.CodeExpired, ui.CodeExpiredWait))
	case outcome.Left == 0 && !outcome.Right:
		return h.refuseCode(c, v, r, ui.Code{}, h.spent(r, ui.CodeTries, ui.CodeTriesWait))
	default:
		// No code is right for a contact that has an account, guessed ones neither.
		left := max(1, outcome.Left)
		return h.refuseCode(c, v, r, ui.Code{TriesLeft: left}, ui.T(ui.CodeWrong, "Count", left))
	}
}

func (h *Register) resend(c echo.Context, v *flow.Visit, r *registration) error {
	ctx := c.Request().Context()
	refusal, err := h.Budgets.Message(ctx, purpose, r.data.Contact, c.RealIP())
	if err != nil {
		return err
	}
	if refusal.Pause > 0 {
		// Longer than the usual one, perhaps: the other tabs and a reload count it down
		// too. Who moved the registration on meanwhile needs no other code.
		r.data.ResendAt = h.Now().Add(refusal.Pause)
		if err := h.move(ctx, r, stepCode); errors.Is(err, store.ErrStale) {
			return h.moved(c, v)
		} else if err != nil {
			return err
		}
	}
	if refusal.Refused() {
		page := ui.Code{Field: ui.Field{Error: tooOften(refusal)}, ResendIn: refusal.Pause}
		return h.codePage(c, v, r, http.StatusTooManyRequests, page)
	}
	writes, err := h.code(c, v, r)
	if err != nil {
		return err
	}
	if err := h.move(ctx, r, stepCode, writes...); errors.Is(err, store.ErrStale) {
		return h.moved(c, v)
	} else if err != nil {
		return err
	}
	return h.to(c, v, stepCode, markSent)
}

// spent says of a code that is of no use any more how to get another: now, or when.
func (h *Register) spent(r *registration, now, wait string) ui.Text {
	left := r.data.ResendAt.Sub(h.Now())
	if left <= 0 {
		return ui.T(now)
	}
	return ui.T(wait, "Count", up(left, time.Second))
}

func (h *Register) refuseCode(c echo.Context, v *flow.Visit, r *registration, page ui.Code, problem ui.Text) error {
	page.Field.Error = problem
	return h.codePage(c, v, r, http.StatusUnprocessableEntity, page)
}

func (h *Register) codePage(c echo.Context, v *flow.Visit, r *registration, status int, page ui.Code) error {
	var err error
	if page.Flow, err = h.Flows.Token(c, v); err != nil {
		return err
	}
	if page.ChangeURL, err = h.Flows.URL(c, v, "/register"); err != nil {
		return err
	}
	if page.Delivery, err = h.delivery(c.Request().Context(), r); err != nil {
		return err
	}
	page.Action, page.Title, page.Step = "/register/code", ui.T(ui.TitleCodeRegister), 2
	page.Email, page.Masked = r.data.Kind == idp.IdentifierEmail, identifier.Mask(r.data.Kind, r.data.Typed)
	page.Service = v.ServiceName(ui.Lang(c.Request().Context()))
	if page.ResendIn == 0 {
		page.ResendIn = max(0, r.data.ResendAt.Sub(h.Now()))
	}
	return c.Render(status, page.Template(), page)
}

// delivery is the state of the message that carries the code.
func (h *Register) delivery(ctx context.Context, r *registration) (string, error) {
	state, err := h.DB.JobState(ctx, r.data.CodeID)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return state, err
}
