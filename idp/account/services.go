package account

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/store"
	"vhod/ui"
)

// Services is GET /account/services.
func (a *Account) Services(c echo.Context) error {
	s, err := a.signedIn(c, false)
	if s == nil || err != nil {
		return err
	}
	ctx := c.Request().Context()
	consents, err := a.DB.Consents(ctx, s.Account.OID)
	if err != nil {
		return err
	}
	page := ui.AccountServices{Notice: notice(c)}
	for _, consent := range consents {
		name, err := a.serviceName(c, consent.ClientID)
		if err != nil {
			return err
		}
		page.Services = append(page.Services, ui.AccountService{
			ID: consent.ClientID, Name: name, Since: consent.GrantedAt,
			Scopes: slices.DeleteFunc(slices.Clone(consent.Scopes), func(scope string) bool { return !idp.KnownScope(scope) }),
		})
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// Withdraw is POST /account/services/withdraw: the consent and every token of the
// service end.
func (a *Account) Withdraw(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	service := c.FormValue("service")
	allowed, err := a.allowed(c, s, service)
	if err != nil {
		return err
	}
	// What was not allowed, or is withdrawn already, is nothing to write down.
	if !allowed {
		return done(c, "/account/services", "withdrawn")
	}
	event, err := audit.New(c, a.Now(), idp.EventConsentWithdrawn, s.Account.OID, service, nil)
	if err != nil {
		return err
	}
	if err := a.DB.WithdrawConsent(c.Request().Context(), s.Account.OID, service, a.Now(), event); err != nil {
		return err
	}
	return done(c, "/account/services", "withdrawn")
}

// allowed tells whether anything is allowed to a service.
func (a *Account) allowed(c echo.Context, s *store.Subject, service string) (bool, error) {
	consents, err := a.DB.Consents(c.Request().Context(), s.Account.OID)
	return slices.ContainsFunc(consents, func(one idp.Consent) bool { return one.ClientID == service }), err
}
