package register

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/identifier"
	"vhod/store"
	"vhod/ui"
)

// at opens the registration of a request for a step; when it is elsewhere, or
// there is none, the browser is sent there and no registration returned.
func (h *Register) at(c echo.Context, step string) (*flow.Visit, *registration, error) {
	v, err := h.Flows.Open(c)
	if err != nil {
		return nil, nil, err
	}
	r, err := h.find(c.Request().Context(), v.Registration)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case r == nil:
		v.Progress = flow.Progress{}
		address, err := h.Flows.URL(c, v, "/register")
		if err != nil {
			return nil, nil, err
		}
		return nil, nil, c.Redirect(http.StatusSeeOther, address)
	case r.row.Step != step:
		return nil, nil, h.to(c, v, r.row.Step)
	}
	return v, r, nil
}

// ShowCode is GET /register/code.
func (h *Register) ShowCode(c echo.Context) error {
	v, r, err := h.at(c, stepCode)
	if r == nil {
		return err
	}
	return h.codePage(c, v, r, http.StatusOK, ui.Code{})
}

// SubmitCode is POST /register/code: the code, or the wish for another.
func (h *Register) SubmitCode(c echo.Context) error {
	v, r, err := h.at(c, stepCode)
	if r == nil {
		return err
	}
	ctx := c.Request().Context()
	if c.FormValue("action") == "resend" {
		return h.resend(c, v, r)
	}
	refuse := func(problem ui.Text) error {
		return h.codePage(c, v, r, http.StatusUnprocessableEntity, ui.Code{Field: ui.Field{Error: problem}})
	}
	code := c.FormValue("code")
	if code == "" {
		return refuse(ui.T(ui.CodeEmpty))
	}
	// Tries are counted for the contact across codes and tabs.
	subject := store.AttemptSubject{Bucket: int16(r.row.Contact[0]), ID: r.row.Contact}
	var attempt guard.Attempt
	if err := h.DB.Write(ctx, h.Attempts.Reserve("register", subject, &attempt)); err != nil {
		return err
	}
	if attempt.Blocked() {
		return refuse(ui.T(ui.CodeBlocked, "Count", up(attempt.Left(), time.Minute)))
	}
	outcome, err := h.Codes.Check(ctx, v.CodeID, purpose, h.subject(&r.data), code)
	if err != nil {
		return err
	}
	switch {
	case outcome.Right && !r.data.Existing:
		return h.proved(c, v, r, h.Attempts.Clear("register", subject))
	case outcome.Gone:
		return refuse(ui.T(ui.CodeExpired))
	case outcome.Left == 0 && !outcome.Right:
		return refuse(ui.T(ui.CodeTries))
	default:
		return refuse(ui.T(ui.CodeWrong, "Count", max(1, outcome.Left)))
	}
}

// proved goes on with the contact proved: where an earlier registration with it
// was left off, else with the password.
func (h *Register) proved(c echo.Context, v *flow.Visit, r *registration, writes ...store.Write) error {
	ctx := c.Request().Context()
	earlier, err := h.DB.RegistrationOf(ctx, r.row.Contact, stepCode, h.Now())
	if err == nil && earlier.ID != r.row.ID {
		old, err := h.open(earlier)
		if err != nil {
			return err
		}
		old.data.VerifiedAt = h.Now()
		if r.data.Flow != "" {
			old.data.Flow = r.data.Flow
		}
		if err := h.move(ctx, old, old.row.Step, writes...); err != nil {
			return h.moved(c, v, err)
		}
		v.Registration = old.row.ID
		return h.resumed(c, v, old.row.Step)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	r.data.VerifiedAt = h.Now()
	event, err := audit.New(c, h.Now(), idp.EventRegistrationVerified, 0, v.ClientID(), map[string]string{"channel": channel(r.data.Kind)})
	if err != nil {
		return err
	}
	if err := h.move(ctx, r, stepPassword, append(writes, event)...); err != nil {
		return h.moved(c, v, err)
	}
	v.Registration = r.row.ID
	return h.to(c, v, stepPassword)
}

func (h *Register) resumed(c echo.Context, v *flow.Visit, step string) error {
	address, err := h.Flows.URL(c, v, "/register/"+step)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, address+"&resumed=1")
}

// moved answers when another tab was first: the registration goes on where that
// one left it.
func (h *Register) moved(c echo.Context, v *flow.Visit, err error) error {
	if !errors.Is(err, store.ErrStale) {
		return err
	}
	r, err := h.find(c.Request().Context(), v.Registration)
	if err != nil {
		return err
	}
	if r == nil {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return h.to(c, v, r.row.Step)
}

func (h *Register) resend(c echo.Context, v *flow.Visit, r *registration) error {
	refusal, err := h.Budgets.Message(c.Request().Context(), purpose, r.data.Contact, c.RealIP())
	if err != nil {
		return err
	}
	if refusal.Refused() {
		return h.codePage(c, v, r, http.StatusTooManyRequests, ui.Code{Field: ui.Field{Error: tooOften(refusal)}, ResendIn: refusal.Pause})
	}
	if err := h.send(c, v, r); err != nil {
		return err
	}
	return h.to(c, v, stepCode)
}

func (h *Register) codePage(c echo.Context, v *flow.Visit, r *registration, status int, page ui.Code) error {
	var err error
	if page.Flow, err = h.Flows.Token(c, v); err != nil {
		return err
	}
	if page.ChangeURL, err = h.Flows.URL(c, v, "/register"); err != nil {
		return err
	}
	page.Action, page.Title, page.Email = "/register/code", ui.T("code.title_register"), r.data.Kind == idp.IdentifierEmail
	page.Masked = identifier.Mask(r.data.Kind, r.data.Typed)
	if page.ResendIn == 0 && !v.CodeAt.IsZero() {
		page.ResendIn = max(0, guard.ResendPause-h.Now().Sub(v.CodeAt))
	}
	if page.Delivery, err = h.delivery(c.Request().Context(), v); err != nil {
		return err
	}
	return c.Render(status, page.Template(), page)
}

func (h *Register) delivery(ctx context.Context, v *flow.Visit) (string, error) {
	state, err := h.DB.JobState(ctx, v.CodeID)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return state, err
}
