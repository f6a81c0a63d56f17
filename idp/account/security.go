package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/identifier"
	"vhod/ui"
)

// Security is GET /account/security.
func (a *Account) Security(c echo.Context) error {
	s, err := a.signedIn(c, false)
	if s == nil || err != nil {
		return err
	}
	page := ui.AccountSecurity{
		SecondFactor: s.Account.SecondFactor != idp.SecondFactorOff || s.Account.SecondFactorCompulsory(), Compulsory: s.Account.SecondFactorCompulsory(), Notice: notice(c),
	}
	if s.Profile.Phone != "" && !s.Profile.PhoneVerifiedAt.IsZero() {
		page.Masked = identifier.Mask(idp.IdentifierPhone, s.Profile.Phone)
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// SetSecondFactor is POST /account/security.
func (a *Account) SetSecondFactor(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	factor := idp.SecondFactor(c.FormValue("second_factor"))
	switch {
	case factor == idp.SecondFactorSMS && s.Profile.Phone != "" && !s.Profile.PhoneVerifiedAt.IsZero():
	case factor == idp.SecondFactorOff && !s.Account.SecondFactorCompulsory():
	default:
		return echo.ErrBadRequest
	}
	event, err := audit.New(c, a.Now(), idp.EventSecondFactorSet, s.Account.OID, "", map[string]string{"factor": string(factor)})
	if err != nil {
		return err
	}
	if err := a.DB.Write(c.Request().Context(), s.SetSecondFactor(factor, a.Now()), event); err != nil {
		return err
	}
	return done(c, "/account/security", "second-factor")
}
