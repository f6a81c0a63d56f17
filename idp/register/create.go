package register

import (
	"errors"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/store"
	"vhod/ui"
)

// create makes the account and ends the registration, in one batch, and signs in.
func (h *Register) create(c echo.Context, v *flow.Visit, r *registration, p idp.Profile) error {
	now := h.Now()
	subject, err := h.DB.AddPerson(c.Request().Context(), h.person(c, r, p), now, func(s *store.Subject) ([]store.Write, error) {
		registered, err := audit.New(c, now, idp.EventRegistered, s.Account.OID, v.ClientID(), map[string]string{"by": string(r.data.Kind)})
		if err != nil {
			return nil, err
		}
		agreed, err := audit.New(c, now, idp.EventAgreementAccepted, s.Account.OID, v.ClientID(), r.data.Agreed)
		return []store.Write{store.FinishRegistration(r.row, now), registered, agreed}, err
	})
	switch {
	case errors.Is(err, store.ErrStale):
		return h.moved(c, v)
	case errors.Is(err, store.ErrConflict) && store.ConflictTable(err) == "identifier":
		return h.lost(c, v, r)
	case err != nil:
		return err
	}
	return h.signIn(c, v, subject)
}

// person is the account to be made.
func (h *Register) person(c echo.Context, r *registration, p idp.Profile) store.NewPerson {
	d := &r.data
	p.UpdatedAt = h.Now()
	account := idp.Account{
		Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive,
		SecondFactor: idp.SecondFactorOff, Lang: ui.Lang(c.Request().Context()),
	}
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
	return person
}

// lost answers when the contact got an account a moment before: by this very
// registration, sent twice, or by another.
func (h *Register) lost(c echo.Context, v *flow.Visit, r *registration) error {
	again, err := h.find(c.Request().Context(), r.row.ID)
	if err != nil {
		return err
	}
	if again == nil || again.row.Step == stepMoved {
		return h.moved(c, v)
	}
	return h.takenPage(c, v, r)
}

// signIn lets the new account go on with what was proved on the way. What is no
// longer fresh, or was proved before a pause in another browser, is asked again.
func (h *Register) signIn(c echo.Context, v *flow.Visit, s *store.Subject) error {
	proofs := v.Proofs // of nobody yet: see at
	v.Named(s)
	v.Proofs = proofs
	if v.Request == nil {
		v.Return = "/account?done=registered"
	}
	return h.Flows.Proceed(c, v)
}
