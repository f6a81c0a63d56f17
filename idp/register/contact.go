package register

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/identifier"
	"vhod/idp/notify"
	"vhod/idp/password"
	"vhod/keys"
	"vhod/store"
	"vhod/ui"
)

// Register serves the pages under /register.
type Register struct {
	DB         *store.DB
	Ring       *keys.Ring
	Hasher     *keys.Hasher
	Flows      *flow.Engine
	Codes      *guard.Codes
	Budgets    *guard.Budgets
	Attempts   *guard.Attempts
	Sender     *notify.Sender
	Policy     password.Policy
	MinimumAge int
	Now        idp.Clock
	Issuer     string
}

// purpose is what the codes of registration are for.
const purpose = "register"

// Show is GET /register.
func (h *Register) Show(c echo.Context) error {
	v, err := h.Flows.Open(c)
	if err != nil {
		return err
	}
	return h.contactPage(c, v, http.StatusOK, ui.RegisterContact{})
}

// Submit is POST /register: the contact and the agreements; a code is sent.
func (h *Register) Submit(c echo.Context) error {
	v, err := h.Flows.Open(c)
	if err != nil {
		return err
	}
	page := ui.RegisterContact{
		Contact: ui.Field{Value: bounded(c.FormValue("contact"))},
		Terms:   c.FormValue("terms") == "yes", PersonalData: c.FormValue("personal_data") == "yes",
	}
	kind, contact, typed, problem := parseContact(page.Contact.Value)
	if problem != "" {
		page.Contact.Error = ui.T(problem)
	}
	if !page.Terms || !page.PersonalData {
		page.ConsentsError = ui.T(ui.ConsentsMissing)
	}
	if problem != "" || !page.ConsentsError.IsZero() {
		return h.contactPage(c, v, http.StatusUnprocessableEntity, page)
	}
	ctx := c.Request().Context()
	_, err = h.DB.AccountByIdentifier(ctx, h.Ring.Index(string(kind), contact))
	existing := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	request, _, _ := strings.Cut(c.FormValue("flow"), ".")
	agreed := map[string]string{}
	for kind, version := range idp.AgreementVersions() {
		agreed[string(kind)] = version
	}
	r := &registration{
		row:  &store.Registration{ID: uuid.New(), Step: stepCode, ExpiresAt: h.Now().Add(life)},
		data: draft{Kind: kind, Contact: contact, Typed: typed, Lang: ui.Lang(ctx), AgreedAt: h.Now(), Agreed: agreed, Flow: request, Existing: existing},
	}
	r.row.Contact = h.subject(&r.data)
	if r.row.Data, err = h.seal(r.row.ID, &r.data); err != nil {
		return err
	}
	refusal, err := h.Budgets.Message(ctx, purpose, contact, c.RealIP())
	if err != nil {
		return err
	}
	if refusal.Refused() {
		page.Contact.Error = tooOften(refusal)
		return h.contactPage(c, v, http.StatusTooManyRequests, page)
	}
	event, err := audit.New(c, h.Now(), started(existing), 0, v.ClientID(), map[string]string{"channel": channel(kind)})
	if err != nil {
		return err
	}
	v.Registration = r.row.ID
	if err := h.send(c, v, r, store.AddRegistration(*r.row, h.Now()), event); err != nil {
		return err
	}
	return h.to(c, v, stepCode)
}

func started(existing bool) idp.EventName {
	if existing {
		return idp.EventRegistrationAttempt
	}
	return idp.EventRegistrationStarted
}

// send sends a code, or tells the owner of the contact that there is an account
// already: the same work and the same pages.
func (h *Register) send(c echo.Context, v *flow.Visit, r *registration, writes ...store.Write) error {
	d := &r.data
	issued, code := h.Codes.Issue(purpose, h.subject(d), d.Kind == idp.IdentifierEmail)
	name, args := ui.MessageRegisterSMS, map[string]string{"Code": issued.Code}
	if d.Kind == idp.IdentifierEmail {
		name, args["Link"] = ui.MessageRegisterEmail, h.Issuer+"/register/link?token="+issued.Link
	}
	if d.Existing {
		name, args = ui.MessageExistingSMS, nil
		if d.Kind == idp.IdentifierEmail {
			name = ui.MessageExistingEmail
		}
	}
	message, err := h.Sender.Queue(channel(d.Kind), d.Typed, ui.Lang(c.Request().Context()), name, args, issued.ID)
	if err != nil {
		return err
	}
	if err := h.DB.Write(c.Request().Context(), append(writes, code, message)...); err != nil {
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

// to goes on to a page of the registration with the flow's value.
func (h *Register) to(c echo.Context, v *flow.Visit, step string) error {
	address, err := h.Flows.URL(c, v, "/register/"+step)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, address)
}

func (h *Register) contactPage(c echo.Context, v *flow.Visit, status int, page ui.RegisterContact) error {
	var err error
	if page.Flow, err = h.Flows.Token(c, v); err != nil {
		return err
	}
	if page.LoginURL, err = h.Flows.URL(c, v, "/login"); err != nil {
		return err
	}
	page.Service = v.ServiceName(ui.Lang(c.Request().Context()))
	return c.Render(status, page.Template(), page)
}

// parseContact tells a phone from an e-mail: the normal form, the form to keep,
// and the text of what is wrong.
func parseContact(text string) (kind idp.IdentifierKind, contact, typed, problem string) {
	if strings.Contains(text, "@") {
		typed, folded, err := identifier.ParseEmail(text)
		switch {
		case errors.Is(err, identifier.ErrDisposable):
			return "", "", "", ui.EmailDisposable
		case errors.Is(err, identifier.ErrRole):
			return "", "", "", ui.EmailRole
		case err != nil:
			return "", "", "", ui.EmailInvalid
		}
		return idp.IdentifierEmail, folded, typed, ""
	}
	phone, err := identifier.ParsePhone(text)
	switch {
	case errors.Is(err, identifier.ErrEmpty):
		return "", "", "", ui.ContactEmpty
	case err != nil && strings.ContainsAny(text, "0123456789"):
		return "", "", "", ui.PhoneInvalid
	case err != nil:
		return "", "", "", ui.ContactInvalid
	}
	return idp.IdentifierPhone, phone, phone, ""
}

// bounded is what is shown again of something typed.
func bounded(text string) string {
	const limit = 400
	if len(text) <= limit {
		return strings.ToValidUTF8(text, "")
	}
	return strings.ToValidUTF8(text[:limit], "")
}

func tooOften(r guard.Refusal) ui.Text {
	if r.Budget > 0 {
		return ui.T(ui.MessageBudget, "Count", up(r.Budget, time.Minute))
	}
	return ui.T(ui.ResendPause, "Count", up(r.Pause, time.Second))
}

func up(d, unit time.Duration) int { return max(1, int((d+unit-1)/unit)) }
