package register

import (
	"bytes"
	"errors"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/store"
)

// proved goes on to the password with the contact proved in this browser, and with
// what was typed here in an earlier registration of the contact. The registration is
// kept under id, which only this browser is told.
func (h *Register) proved(c echo.Context, v *flow.Visit, r *registration, id uuid.UUID, writes ...store.Write) error {
	ctx := c.Request().Context()
	taken, err := h.taken(ctx, &r.data)
	if err != nil {
		return err
	}
	if taken {
		// Another registration was finished since the code was sent. The owner of
		// the contact may know.
		return h.takenPage(c, v, r)
	}
	event, err := audit.New(c, h.Now(), idp.EventRegistrationVerified, 0, v.ClientID(), map[string]string{"channel": channel(r.data.Kind)})
	if err != nil {
		return err
	}
	writes = append(writes, event)
	browser := h.Flows.Cookies.EnsureBrowser(c)
	earlier, err := h.earlier(ctx, r)
	if err != nil {
		return err
	}
	var marks []string
	if earlier != nil {
		if v, err = h.resume(c, v, r.data.Flow, earlier); err != nil {
			return err
		}
		// Whoever began it may be somebody else who had the contact for a moment: the
		// password is chosen anew, and the other browser loses the registration. What
		// was typed there is shown to no other.
		id, marks = uuid.New(), []string{markResumed}
		if earlier.data.Credential != nil {
			marks = []string{markAnew}
		}
		if !bytes.Equal(earlier.data.Browser, browser) {
			marks = []string{markAgain}
			earlier.data.forgetPerson()
		}
		if r.row.ID != earlier.row.ID {
			here, err := h.forward(r.row.ID, id, browser)
			if err != nil {
				return err
			}
			writes = append(writes, here)
		}
		r = earlier
		r.data.Credential = nil
	}
	r.data.Browser, r.data.VerifiedAt = browser, h.Now()
	v.Progress = flow.Progress{Registration: id}
	if r.data.Kind == idp.IdentifierPhone {
		v.Prove(flow.SMS, h.Now())
	}
	if err := h.moveTo(ctx, r, id, stepPassword, writes...); errors.Is(err, store.ErrStale) {
		return h.moved(c, v)
	} else if err != nil {
		return err
	}
	return h.to(c, v, stepPassword, marks...)
}

// resume takes up an earlier registration: with the request of now, else with
// that of then, so that who comes back without one still gets to the service.
func (h *Register) resume(c echo.Context, v *flow.Visit, now string, earlier *registration) (*flow.Visit, error) {
	if v.Request != nil {
		earlier.data.Flow = now
		return v, nil
	}
	then, err := h.reopen(c, earlier.data.Flow)
	if err != nil || then.Request == nil {
		return v, err
	}
	return then, nil
}

// reopen begins with a request that was kept; without one when its service may
// not be gone back to any more.
func (h *Register) reopen(c echo.Context, request string) (*flow.Visit, error) {
	v, err := h.Flows.Reopen(c, request)
	var refused *echo.HTTPError
	if errors.As(err, &refused) {
		return h.Flows.Reopen(c, "")
	}
	return v, err
}
