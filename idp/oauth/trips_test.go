package oauth_test

import (
	"net/http"
	"net/url"
	"testing"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// TestTrips fails when an answer costs another round trip to the database.
func TestTrips(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		key := newKey(t, "ES256", "k")
		p.service("robot", func(c *idp.Client) { c.TokenEndpointAuthMethod, c.JWKS = idp.AuthPrivateKeyJWT, key.set(t) })
		c := p.citizen()
		check := func(what string, r reply, want int) {
			t.Helper()
			if r.trips != want || r.status >= http.StatusBadRequest && what != "refused" {
				t.Errorf("%s: %d round trips, want %d (%d %s)", what, r.trips, want, r.status, r.raw)
			}
		}
		check("discovery", p.get("/.well-known/openid-configuration"), 0)
		check("keys", p.get("/oauth2/jwks"), 0)
		check("refused", p.get("/oauth2/authorize?client_id=bank"), 0)
		check("single sign-on", c.authorize(nil), 1)
		tokens := p.redeem(c.code(nil), nil)
		check("redemption", tokens, 1)
		next := p.refresh(tokens.text("refresh_token"), nil)
		check("refresh", next, 1)
		check("refresh with scope", p.refresh(next.text("refresh_token"), url.Values{"scope": {"openid"}}), 2)
		check("userinfo", p.userinfo(next.text("access_token")), 1)
		check("introspection", p.call("/oauth2/introspect", url.Values{"token": {next.text("access_token")}}), 0)
		check("revocation", p.call("/oauth2/revoke", url.Values{"token": {next.text("access_token")}}), 1)
		check("client_credentials", p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"reports"}}), 0)
		check("client_credentials by private_key_jwt", p.call("/oauth2/token", url.Values{
			"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {key.sign(t, p.assertion("robot", nil))},
		}), 1)
		check("refused", p.userinfo("x.y.z"), 0)
		check("refused", p.redeem("x", nil), 0)
	})
}
