package register

import (
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/notify"
	"vhod/store"
	"vhod/ui"
)

// code makes a code and its message, or the one that tells the owner of the contact
// that there is an account already: the same work and the same pages. The budget
// was asked before. The draft, changed by this, and the writes are kept together.
func (h *Register) code(c echo.Context, v *flow.Visit, r *registration) ([]store.Write, error) {
	d, lang := &r.data, ui.Lang(c.Request().Context())
	// Bound to the registration: what a stranger begins with the same contact takes
	// nothing from it.
	issued, code := h.Codes.Issue(purpose, r.row.ID, d.Kind == idp.IdentifierEmail)
	name, args := ui.MessageRegisterSMS, map[string]string{"Code": issued.Code}
	if d.Kind == idp.IdentifierEmail {
		// The language goes along: the link may be opened in another browser.
		name, args["Link"] = ui.MessageRegisterEmail, h.Issuer+"/register/link?token="+issued.Link+"&lang="+lang
	}
	if d.Existing {
		name, args = ui.MessageExistingSMS, nil
		if d.Kind == idp.IdentifierEmail {
			name = ui.MessageExistingEmail
		}
	}
	message, err := h.Sender.Queue(channel(d.Kind), d.Typed, lang, name, args, issued.ID)
	if err != nil {
		return nil, err
	}
	event, err := audit.New(c, h.Now(), idp.EventCodeSent, 0, v.ClientID(), map[string]string{"channel": channel(d.Kind), "purpose": purpose})
	if err != nil {
		return nil, err
	}
	d.CodeID, d.ResendAt = issued.ID, h.Now().Add(guard.ResendPause)
	return []store.Write{code, message, event}, nil
}

func channel(kind idp.IdentifierKind) string {
	if kind == idp.IdentifierEmail {
		return notify.Email
	}
	return notify.SMS
}
