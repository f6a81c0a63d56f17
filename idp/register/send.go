package register

import (
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/notify"
	"vhod/store"
	"vhod/ui"
)

// send sends a code, or tells the owner of the contact that there is an account
// already: the same work and the same pages. The budget was asked before.
func (h *Register) send(c echo.Context, v *flow.Visit, r *registration, writes ...store.Write) error {
	d, ctx := &r.data, c.Request().Context()
	lang := ui.Lang(ctx)
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
		return err
	}
	event, err := audit.New(c, h.Now(), idp.EventCodeSent, 0, v.ClientID(), map[string]string{"channel": channel(d.Kind), "purpose": purpose})
	if err != nil {
		return err
	}
	if err := h.DB.Write(ctx, append(writes, code, message, event)...); err != nil {
		return err
	}
	v.CodeID, v.CodeAt = issued.ID, h.Now()
	return nil
}

func channel(kind idp.IdentifierKind) string {
	if kind == idp.IdentifierEmail {
		return notify.Email
	}
	return notify.SMS
}
