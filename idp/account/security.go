package account

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/identifier"
	"vhod/store"
	"vhod/ui"
)

// Security is GET /account/security.
func (a *Account) Security(c echo.Context) error {
	s, err := a.signedIn(c, false)
	if s == nil || err != nil {
		return err
	}
	return securityPage(c, s, http.StatusOK)
}

func securityPage(c echo.Context, s *store.Subject, status int) error {
	compulsory := s.Account.SecondFactorCompulsory()
	page := ui.AccountSecurity{
		SecondFactor: compulsory || s.Account.SecondFactor != idp.SecondFactorOff, Compulsory: compulsory, Notice: notice(c),
	}
	if hasPhone(s) {
		page.Masked = identifier.Mask(idp.IdentifierPhone, s.Profile.Phone)
	}
	return c.Render(status, page.Template(), page)
}

func hasPhone(s *store.Subject) bool {
	return s.Profile.Phone != "" && !s.Profile.PhoneVerifiedAt.IsZero()
}

// secondFactors are the choices, with the name of their texts and messages.
var secondFactors = map[idp.SecondFactor]string{idp.SecondFactorSMS: "second_factor_on", idp.SecondFactorOff: "second_factor_off"}

// AskSecondFactor is GET /account/second-factor: what the choice means,
// before it is made.
func (a *Account) AskSecondFactor(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	factor := idp.SecondFactor(c.QueryParam("second_factor"))
	switch {
	case secondFactors[factor] == "":
		return echo.ErrBadRequest
	case factor == s.Account.SecondFactor, !mayChoose(s, factor):
		return c.Redirect(http.StatusSeeOther, "/account/security")
	}
	return ask(c, ui.AccountConfirm{
		Change: secondFactors[factor], Name: identifier.Mask(idp.IdentifierPhone, s.Profile.Phone), Back: "/account/security",
	})
}

// mayChoose tells whether a choice is open: the level may make the second factor
// compulsory (R-LOG-2), and there may be no phone for it.
func mayChoose(s *store.Subject, factor idp.SecondFactor) bool {
	if factor == idp.SecondFactorSMS {
		return hasPhone(s)
	}
	return !s.Account.SecondFactorCompulsory()
}

// SetSecondFactor is POST /account/second-factor. The owner is told on
// every contact.
func (a *Account) SetSecondFactor(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	factor := idp.SecondFactor(c.FormValue("second_factor"))
	switch {
	case secondFactors[factor] == "":
		return echo.ErrBadRequest
	case !mayChoose(s, factor):
		return securityPage(c, s, http.StatusUnprocessableEntity)
	case factor == s.Account.SecondFactor:
		return done(c, "/account/security", "second-factor")
	}
	event, err := audit.New(c, a.Now(), idp.EventSecondFactorSet, s.Account.OID, "", map[string]string{"factor": string(factor)})
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	told, err := a.Sender.QueueOwner(s.Profile, ui.Lang(ctx), secondFactors[factor])
	if err != nil {
		return err
	}
	keep := uuid.UUID(s.Session.ID)
	writes := append([]store.Write{s.SetSecondFactor(factor, a.Now()), event}, told...)
	if factor == idp.SecondFactorOff {
		err = a.DB.Write(ctx, append([]store.Write{s.StillActing(keep, a.Now())}, writes...)...)
	} else {
		// Whoever got in elsewhere with one factor does not stay.
		err = a.DB.Secure(ctx, s, &keep, a.Now(), append(writes, s.SignedIn(keep, a.Now()))...)
	}
	if errors.Is(err, store.ErrStale) {
		return a.signIn(c, true) // secured meanwhile: this session has ended
	}
	if err != nil {
		return err
	}
	return done(c, "/account/security", "second-factor")
}
