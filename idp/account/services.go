package account

import (
	"errors"
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
		name := consent.ClientID
		client, err := a.Clients.Client(ctx, consent.ClientID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			name = client.NameIn(ui.Lang(ctx))
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
	ctx, service := c.Request().Context(), c.FormValue("service")
	consents, err := a.DB.Consents(ctx, s.Account.OID)
	if err != nil {
		return err
	}
	// What was not allowed, or is withdrawn already, is nothing to write down.
	if !slices.ContainsFunc(consents, func(one idp.Consent) bool { return one.ClientID == service }) {
		return done(c, "/account/services", "withdrawn")
	}
	event, err := audit.New(c, a.Now(), idp.EventConsentWithdrawn, s.Account.OID, service, nil)
	if err != nil {
		return err
	}
	if err := a.DB.WithdrawConsent(ctx, s.Account.OID, service, a.Now(), event); err != nil {
		return err
	}
	return done(c, "/account/services", "withdrawn")
}
