package register

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/identifier"
	"vhod/store"
	"vhod/ui"
)

// ShowPerson is GET /register/person.
func (h *Register) ShowPerson(c echo.Context) error {
	v, r, err := h.at(c, stepPerson)
	if r == nil {
		return err
	}
	page := ui.RegisterPerson{
		Surname: ui.Field{Value: r.data.Surname}, Name: ui.Field{Value: r.data.Name},
		Patronymic: ui.Field{Value: r.data.Patronymic}, BirthDate: ui.Field{Value: r.data.BirthDate},
	}
	return h.personPage(c, v, http.StatusOK, page)
}

// SubmitPerson is POST /register/person: the account is made, and the flow goes on
// as signed in.
func (h *Register) SubmitPerson(c echo.Context) error {
	v, r, err := h.at(c, stepPerson)
	if r == nil {
		return err
	}
	page := ui.RegisterPerson{
		Surname: ui.Field{Value: bounded(c.FormValue("surname"))}, Name: ui.Field{Value: bounded(c.FormValue("name"))},
		Patronymic: ui.Field{Value: bounded(c.FormValue("patronymic"))}, BirthDate: ui.Field{Value: bounded(c.FormValue("birth_date"))},
	}
	profile, ok := h.parsePerson(&page)
	// What was typed is kept though it is refused.
	r.data.Surname, r.data.Name, r.data.Patronymic, r.data.BirthDate = page.Surname.Value, page.Name.Value, page.Patronymic.Value, page.BirthDate.Value
	if !ok {
		if err := h.move(c.Request().Context(), r, stepPerson); err != nil {
			return h.moved(c, v, err)
		}
		return h.personPage(c, v, http.StatusUnprocessableEntity, page)
	}
	return h.create(c, v, r, profile)
}

// parsePerson reads the form and puts what is wrong beside each field.
func (h *Register) parsePerson(page *ui.RegisterPerson) (idp.Profile, bool) {
	var p idp.Profile
	ok := true
	name := func(f *ui.Field, empty string, required bool) string {
		value, err := identifier.ParseName(f.Value)
		switch {
		case errors.Is(err, identifier.ErrEmpty) && !required:
			return ""
		case errors.Is(err, identifier.ErrEmpty):
			f.Error, ok = ui.T(empty), false
		case err != nil:
			f.Error, ok = ui.T(ui.NameInvalid), false
		}
		return value
	}
	p.Surname = name(&page.Surname, ui.SurnameEmpty, true)
	p.Name = name(&page.Name, ui.NameEmpty, true)
	p.Patronymic = name(&page.Patronymic, "", false)
	born, err := identifier.ParseBirthDate(page.BirthDate.Value, h.Now(), h.MinimumAge)
	problem := ui.Text{}
	switch {
	case errors.Is(err, identifier.ErrEmpty):
		problem = ui.T(ui.BirthDateEmpty)
	case errors.Is(err, identifier.ErrTooYoung):
		problem = ui.T(ui.TooYoung, "Age", h.MinimumAge)
	case errors.Is(err, identifier.ErrDateFuture):
		problem = ui.T(ui.BirthDateFuture)
	case err != nil:
		problem = ui.T(ui.BirthDateInvalid)
	}
	if !problem.IsZero() {
		page.BirthDate.Error, ok = problem, false
	}
	p.BirthDate = born
	return p, ok
}

// create makes the account and ends the registration in one batch.
func (h *Register) create(c echo.Context, v *flow.Visit, r *registration, p idp.Profile) error {
	ctx, now, d := c.Request().Context(), h.Now(), &r.data
	p.UpdatedAt = now
	account := idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: ui.Lang(ctx)}
	if d.Kind == idp.IdentifierPhone {
		p.Phone, p.PhoneVerifiedAt = d.Typed, d.VerifiedAt
		account.SecondFactor = idp.SecondFactorSMS // R-LOG-2: on by default
	} else {
		p.Email, p.EmailVerifiedAt = d.Typed, d.VerifiedAt
	}
	person := store.NewPerson{
		Account: account, Profile: p,
		Identifiers: []store.Identifier{{Kind: d.Kind, Values: h.Ring.Index(string(d.Kind), d.Contact)}},
		Credentials: []idp.Credential{*d.Credential},
	}
	for kind, version := range d.Agreed {
		person.Agreements = append(person.Agreements, idp.Agreement{Kind: idp.AgreementKind(kind), Version: version, AcceptedAt: d.AgreedAt})
	}
	subject, err := h.DB.AddPerson(ctx, person, now, func(s *store.Subject) ([]store.Write, error) {
		event, err := audit.New(c, now, idp.EventRegistered, s.Account.OID, v.ClientID(), map[string]string{"by": string(d.Kind)})
		return []store.Write{store.FinishRegistration(r.row, now), event}, err
	})
	switch {
	case errors.Is(err, store.ErrStale):
		return h.moved(c, v, err)
	case errors.Is(err, store.ErrConflict) && store.ConflictTable(err) == "identifier":
		// Another registration with this contact was finished first.
		return h.personPage(c, v, http.StatusConflict, ui.RegisterPerson{Error: ui.T(ui.RegisterTaken)})
	case err != nil:
		return err
	}
	return h.signIn(c, v, r, subject)
}

// signIn lets the new account go on: the password and the contact were proved on
// the way, in this browser or, after a pause, not freshly enough to count.
func (h *Register) signIn(c echo.Context, v *flow.Visit, r *registration, s *store.Subject) error {
	chosen := v.Proofs
	v.Named(s)
	v.Proofs = chosen
	if r.data.Kind == idp.IdentifierPhone {
		v.Prove(flow.SMS, r.data.VerifiedAt)
	}
	if v.Request == nil {
		v.Return = "/account?done=registered"
	}
	return h.Flows.Proceed(c, v)
}

func (h *Register) personPage(c echo.Context, v *flow.Visit, status int, page ui.RegisterPerson) error {
	var err error
	if page.Flow, err = h.Flows.Token(c, v); err != nil {
		return err
	}
	return c.Render(status, page.Template(), page)
}
