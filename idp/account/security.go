package account

import (
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

// SetSecondFactor is POST /account/security. Where the level makes the second
// factor compulsory (R-LOG-2), or there is no phone for it, the page says so.
func (a *Account) SetSecondFactor(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	factor := idp.SecondFactor(c.FormValue("second_factor"))
	switch {
	case factor != idp.SecondFactorSMS && factor != idp.SecondFactorOff:
		return echo.ErrBadRequest
	case factor == idp.SecondFactorSMS && !hasPhone(s), factor == idp.SecondFactorOff && s.Account.SecondFactorCompulsory():
		return securityPage(c, s, http.StatusUnprocessableEntity)
	}
	event, err := audit.New(c, a.Now(), idp.EventSecondFactorSet, s.Account.OID, "", map[string]string{"factor": string(factor)})
	if err != nil {
		return err
	}
	write := s.SetSecondFactor(factor, a.Now())
	if factor == idp.SecondFactorOff {
		err = a.DB.Write(c.Request().Context(), write, event)
	} else {
		// Whoever got in elsewhere with one factor does not stay.
		keep := uuid.UUID(s.Session.ID)
		err = a.DB.Secure(c.Request().Context(), s, &keep, a.Now(), write, event)
	}
	if err != nil {
		return err
	}
	return done(c, "/account/security", "second-factor")
}
