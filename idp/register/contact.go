package register

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/identifier"
	"vhod/store"
	"vhod/ui"
)

// Show is GET /register. Who comes back from the code to mend a slip finds what
// was typed (WCAG 2.2 §3.3.7).
func (h *Register) Show(c echo.Context) error {
	v, err := h.Flows.Open(c)
	if err != nil {
		return err
	}
	r, err := h.find(c.Request().Context(), v.Registration)
	if err != nil {
		return err
	}
	page := ui.RegisterContact{Notice: notice(c)}
	if r != nil && r.row.Step == stepCode {
		page.Contact.Value, page.Terms, page.PersonalData = r.data.Typed, true, true
	}
	return h.contactPage(c, v, http.StatusOK, page)
}

// Submit is POST /register: the contact and the agreements; a code is sent. A
// contact that has an account gets the same pages for the same work.
func (h *Register) Submit(c echo.Context) error {
	v, err := h.Flows.Open(c)
	if err != nil {
		return err
	}
	page := ui.RegisterContact{
		Contact: ui.Field{Value: bounded(c.FormValue("contact"))},
		Terms:   c.FormValue("terms") == "yes", PersonalData: c.FormValue("personal_data") == "yes",
	}
	ctx := c.Request().Context()
	d, problem := h.parseContact(ctx, page.Contact.Value)
	if problem != "" {
		page.Contact.Error = ui.T(problem)
	}
	if !page.Terms || !page.PersonalData {
		page.ConsentsError = ui.T(ui.ConsentsMissing)
	}
	if problem != "" || !page.ConsentsError.IsZero() {
		return h.contactPage(c, v, http.StatusUnprocessableEntity, page)
	}
	refusal, err := h.Budgets.Message(ctx, purpose, d.Contact, c.RealIP())
	if err != nil {
		return err
	}
	if refusal.Pause > 0 {
		// Back and forth again, or in another tab: the code sent last is still good.
		if r, err := h.held(c, &d); err != nil {
			return err
		} else if r != nil {
			return h.rejoin(c, v, r, refusal.Pause)
		}
	}
	if refusal.Refused() {
		page.Contact.Error = tooOften(refusal)
		return h.contactPage(c, v, http.StatusTooManyRequests, page)
	}
	return h.begin(c, v, d)
}

// begin keeps a new registration and sends its code.
func (h *Register) begin(c echo.Context, v *flow.Visit, d draft) error {
	ctx, now := c.Request().Context(), h.Now()
	var err error
	if d.Existing, err = h.taken(ctx, &d); err != nil {
		return err
	}
	d.AgreedAt, d.Agreed = now, map[string]string{}
	for kind, version := range idp.AgreementVersions() {
		d.Agreed[string(kind)] = version
	}
	// What was proved for another account in this tab is not this person's.
	v.Progress = flow.Progress{}
	if d.Flow, err = h.Flows.Token(c, v); err != nil {
		return err
	}
	r := &registration{row: &store.Registration{ID: uuid.New(), Step: stepCode, ExpiresAt: now.Add(life)}, data: d}
	r.row.Contact = h.Ring.Index(string(d.Kind), d.Contact)[0].Value
	r.data.Browser = h.Flows.Cookies.EnsureBrowser(c)
	writes, err := h.code(c, v, r)
	if err != nil {
		return err
	}
	if r.row.Data, err = h.seal(r.row.ID, &r.data); err != nil {
		return err
	}
	name := idp.EventRegistrationStarted
	if d.Existing {
		name = idp.EventRegistrationAttempt
	}
	event, err := audit.New(c, now, name, 0, v.ClientID(), map[string]string{"channel": channel(d.Kind)})
	if err != nil {
		return err
	}
	if err := h.DB.Write(ctx, append(writes, store.AddRegistration(*r.row, now), event)...); err != nil {
		return err
	}
	v.Registration = r.row.ID
	return h.to(c, v, stepCode)
}

// rejoin goes on with the registration that this browser holds, and with the code
// sent last: no other may be sent for a while. A tab that did not hold it has proved
// nothing, and is not shown what was typed: the browser may be many people's.
func (h *Register) rejoin(c echo.Context, v *flow.Visit, r *registration, wait time.Duration) error {
	now, err := h.Flows.Token(c, v)
	if err != nil {
		return err
	}
	forgot := v.Registration != r.row.ID && r.data.forgetPerson()
	if v, err = h.resume(c, v, now, r); err != nil {
		return err
	}
	r.data.ResendAt = h.Now().Add(wait)
	v.Progress = flow.Progress{Registration: r.row.ID}
	if err := h.move(c.Request().Context(), r, r.row.Step); errors.Is(err, store.ErrStale) {
		return h.moved(c, v)
	} else if err != nil {
		return err
	}
	switch {
	case r.row.Step == stepCode:
		return h.to(c, v, stepCode, markStill)
	case forgot:
		return h.to(c, v, r.row.Step)
	}
	return h.to(c, v, r.row.Step, markResumed)
}

// taken tells whether the contact has an account.
func (h *Register) taken(ctx context.Context, d *draft) (bool, error) {
	_, err := h.DB.AccountByIdentifier(ctx, h.Ring.Index(string(d.Kind), d.Contact))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
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

// takenPage is for who proved a contact that has got an account meanwhile.
func (h *Register) takenPage(c echo.Context, v *flow.Visit, r *registration) error {
	v.Progress = flow.Progress{}
	page := ui.RegisterContact{Contact: ui.Field{Value: r.data.Typed, Error: ui.T(ui.RegisterTaken)}}
	return h.contactPage(c, v, http.StatusConflict, page)
}

// parseContact tells a phone from an e-mail, and the text of what is wrong.
func (h *Register) parseContact(ctx context.Context, text string) (d draft, problem string) {
	if strings.Contains(text, "@") {
		return h.parseEmail(ctx, text)
	}
	phone, err := identifier.ParsePhone(text)
	switch {
	case errors.Is(err, identifier.ErrEmpty):
		return d, ui.ContactEmpty
	case err != nil && strings.ContainsAny(text, "0123456789"):
		return d, ui.PhoneInvalid
	case err != nil:
		return d, ui.ContactInvalid
	case !identifier.TakesSMS(phone):
		return d, ui.PhoneLandline
	}
	return draft{Kind: idp.IdentifierPhone, Contact: phone, Typed: phone}, ""
}

func (h *Register) parseEmail(ctx context.Context, text string) (d draft, problem string) {
	typed, folded, err := identifier.ParseEmail(text)
	switch {
	case errors.Is(err, identifier.ErrDisposable):
		return d, ui.EmailDisposable
	case errors.Is(err, identifier.ErrRole):
		return d, ui.EmailRole
	case err != nil:
		return d, ui.EmailInvalid
	}
	if h.MX != nil {
		// A name server that does not answer refuses nobody: the code proves the
		// address in the end.
		if err := h.MX(ctx, folded[strings.LastIndexByte(folded, '@')+1:]); errors.Is(err, ErrNoMail) {
			return d, ui.EmailDomain
		}
	}
	return draft{Kind: idp.IdentifierEmail, Contact: folded, Typed: typed}, ""
}
