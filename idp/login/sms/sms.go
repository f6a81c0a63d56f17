package sms

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/identifier"
	"vhod/idp/notify"
	"vhod/store"
	"vhod/ui"
)

// SMS sends and checks the code.
type SMS struct {
	DB       *store.DB
	Flows    *flow.Engine
	Codes    *guard.Codes
	Budgets  *guard.Budgets
	Attempts *guard.Attempts
	Sender   *notify.Sender
	Now      idp.Clock
}

// Show is GET /login/sms. The first time it sends a code and comes back to
// itself, so that reloading sends no other.
func (h *SMS) Show(c echo.Context) error {
	v, _, err := h.Flows.At(c, flow.StepSMS)
	if v == nil {
		return err
	}
	if v.CodeID == uuid.Nil && len(v.Proofs) > 0 {
		return h.send(c, v)
	}
	// What follows no proof is not sent unasked: any site could bring people here.
	return h.page(c, v, http.StatusOK, ui.Code{})
}

// Submit is POST /login/sms: the code, or the wish for another.
func (h *SMS) Submit(c echo.Context) error {
	v, _, err := h.Flows.At(c, flow.StepSMS)
	if v == nil {
		return err
	}
	switch c.FormValue("action") {
	case "resend":
		return h.send(c, v)
	case "other":
		return h.Flows.Another(c, v)
	}
	code := c.FormValue("code")
	if code == "" {
		return h.refuse(c, v, ui.T(ui.CodeEmpty))
	}
	if !guard.WellFormed(code) {
		return h.refuse(c, v, ui.T(ui.CodeMalformed))
	}
	ctx := c.Request().Context()
	subject := h.Attempts.Account(v.OID)
	var attempt guard.Attempt
	if err := h.DB.Write(ctx, h.Attempts.Reserve(guard.SecondFactor, subject, &attempt)); err != nil {
		return err
	}
	if attempt.Blocked() {
		return h.refuse(c, v, ui.T(ui.CodeBlocked, "Count", minutes(attempt.Left())))
	}
	outcome, err := h.Codes.Check(ctx, v.CodeID, guard.PurposeLogin, subject.ID, code)
	if err != nil {
		return err
	}
	if outcome.Right {
		return h.Flows.Proved(c, v, flow.SMS, h.Attempts.Clear(guard.SecondFactor, subject))
	}
	if outcome.Gone {
		finished, err := h.Flows.Finished(ctx, v)
		if err != nil {
			return err
		}
		if finished {
			if err := h.DB.Write(ctx, h.Attempts.Return(guard.SecondFactor, subject, attempt)); err != nil {
				return err
			}
			return h.Flows.Restart(c, v)
		}
	}
	event, err := audit.New(c, h.Now(), idp.EventSecondFactorFailed, v.OID, v.ClientID(), map[string]string{"method": flow.SMS.Name})
	if err != nil {
		return err
	}
	if err := h.DB.Write(ctx, event); err != nil {
		return err
	}
	switch {
	case outcome.Gone:
		return h.refuse(c, v, h.spent(v, ui.CodeExpired, ui.CodeExpiredWait))
	case outcome.Left == 0:
		return h.refuse(c, v, h.spent(v, ui.CodeTries, ui.CodeTriesWait))
	default:
		return h.refuse(c, v, ui.T(ui.CodeWrong, "Count", outcome.Left))
	}
}

// send sends a new code, within the budgets, and comes back to the page.
func (h *SMS) send(c echo.Context, v *flow.Visit) error {
	ctx := c.Request().Context()
	phone := v.Subject.Profile.Phone
	refusal, err := h.Budgets.Message(ctx, guard.PurposeLogin, phone, c.RealIP())
	if err != nil {
		return err
	}
	if refusal.Refused() {
		return h.tooOften(c, v, refusal)
	}
	issued, code := h.Codes.Issue(guard.PurposeLogin, h.Attempts.Account(v.OID).ID, false)
	message, err := h.Sender.Queue(notify.SMS, phone, ui.Lang(ctx), ui.MessageLoginSMS, map[string]string{"Code": issued.Code}, issued.ID)
	if err != nil {
		return err
	}
	event, err := audit.New(c, h.Now(), idp.EventCodeSent, v.OID, v.ClientID(), map[string]string{"channel": notify.SMS, "purpose": guard.PurposeLogin})
	if err != nil {
		return err
	}
	if err := h.DB.Write(ctx, code, message, event); err != nil {
		return err
	}
	v.CodeID, v.CodeAt = issued.ID, h.Now()
	return h.again(c, v)
}

// again comes back to the page, with the code that the flow now knows.
func (h *SMS) again(c echo.Context, v *flow.Visit) error {
	to, err := h.Flows.URL(c, v, flow.StepSMS.Path())
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// tooOften says when a code may be sent again. In a tab that has none, the code that
// another tab was sent a moment ago is taken.
func (h *SMS) tooOften(c echo.Context, v *flow.Visit, r guard.Refusal) error {
	if v.CodeID == uuid.Nil {
		id, at, err := h.Codes.Last(c.Request().Context(), guard.PurposeLogin, h.Attempts.Account(v.OID).ID)
		if err != nil {
			return err
		}
		if id != uuid.Nil {
			v.CodeID, v.CodeAt = id, at
			return h.again(c, v)
		}
	}
	page := ui.Code{ResendIn: r.Pause}
	switch {
	case v.CodeID == uuid.Nil && r.Budget > 0:
		// Nothing was typed that could be wrong.
		page.Notice = ui.T(ui.MessageBudget, "Count", minutes(r.Budget))
	case v.CodeID == uuid.Nil: // the page itself says when
	case r.Budget > 0:
		page.Field.Error = ui.T(ui.MessageBudget, "Count", minutes(r.Budget))
	default:
		page.Field.Error = ui.T(ui.ResendPause, "Count", seconds(r.Pause))
	}
	return h.page(c, v, http.StatusTooManyRequests, page)
}

func (h *SMS) refuse(c echo.Context, v *flow.Visit, problem ui.Text) error {
	return h.page(c, v, http.StatusUnprocessableEntity, ui.Code{Field: ui.Field{Error: problem}})
}

func (h *SMS) page(c echo.Context, v *flow.Visit, status int, page ui.Code) error {
	token, err := h.Flows.Token(c, v)
	if err != nil {
		return err
	}
	page.Flow, page.Action, page.Title = token, flow.StepSMS.Path(), ui.T(ui.TitleCodeLogin)
	page.Service, page.Other = v.ServiceName(ui.Lang(c.Request().Context())), true
	page.Unsent = v.CodeID == uuid.Nil
	page.Masked = identifier.Mask(idp.IdentifierPhone, v.Subject.Profile.Phone)
	if page.ResendIn == 0 {
		page.ResendIn = h.pause(v)
	}
	if page.Delivery, err = h.delivery(c.Request().Context(), v.CodeID); err != nil {
		return err
	}
	return c.Render(status, page.Template(), page)
}

// pause is how long the code sent last keeps another from being sent.
func (h *SMS) pause(v *flow.Visit) time.Duration {
	if v.CodeAt.IsZero() {
		return 0
	}
	return max(0, guard.ResendPause-h.Now().Sub(v.CodeAt))
}

// spent says of a code that is of no use any more how to get another: now, or when.
func (h *SMS) spent(v *flow.Visit, now, wait string) ui.Text {
	left := h.pause(v)
	if left == 0 {
		return ui.T(now)
	}
	return ui.T(wait, "Count", seconds(left))
}

func (h *SMS) delivery(ctx context.Context, code uuid.UUID) (string, error) {
	if code == uuid.Nil {
		return "", nil
	}
	state, err := h.DB.JobState(ctx, code)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return state, err
}

func minutes(d time.Duration) int { return max(1, int((d+time.Minute-1)/time.Minute)) }

func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }
