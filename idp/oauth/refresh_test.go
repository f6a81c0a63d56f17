package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/oauth"
	"vhod/store"
	"vhod/store/storetest"
)

// TestRefreshRaceWithoutGrace: one new generation, and since the others showed an
// outlived token, the family ends (RFC 9700 §4.14.2).
func TestRefreshRaceWithoutGrace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock, func(c *oauth.Config) { c.Grace = 0 })
		p.service("bank", nil)
		c := p.citizen()
		first := c.tokens(nil).text("refresh_token")
		var won []reply
		for _, r := range race(func() reply { return p.refresh(first, nil) }) {
			if r.status == http.StatusOK {
				won = append(won, r)
				continue
			}
			p.refused(r, http.StatusBadRequest, "invalid_grant")
		}
		if len(won) != 1 {
			t.Fatalf("%d of 32 refreshed, want one", len(won))
		}
		p.refused(p.refresh(won[0].text("refresh_token"), nil), http.StatusBadRequest, "invalid_grant")
		if n := c.events(idp.EventRefreshReused); n != 1 {
			t.Errorf("%d events of reuse, want one", n)
		}
		if n := c.events(idp.EventTokenRefreshed); n != 1 {
			t.Errorf("%d events of refresh, want one", n)
		}
	})
}

// TestDefect10GraceGivesTheSameSuccessor: the family never forks.
func TestDefect10GraceGivesTheSameSuccessor(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		first := p.citizen().tokens(nil).text("refresh_token")
		second := p.refresh(first, nil).text("refresh_token")
		clock.Advance(idp.RefreshGrace - time.Microsecond)
		again := p.refresh(first, nil)
		if second == "" || again.text("refresh_token") != second {
			t.Fatalf("the successor is %q, then %d %s", second, again.status, again.raw)
		}
		clock.Advance(time.Microsecond)
		p.refused(p.refresh(first, nil), http.StatusBadRequest, "invalid_grant")
		p.refused(p.refresh(second, nil), http.StatusBadRequest, "invalid_grant")
	})
}

// TestDefect6ScopeIsCheckedBeforeTheTokenIsUsedUp: a refused scope parameter costs
// the service nothing.
func TestDefect6ScopeIsCheckedBeforeTheTokenIsUsedUp(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	first := c.tokens(nil).text("refresh_token")
	p.refused(p.refresh(first, url.Values{"scope": {"openid email"}}), http.StatusBadRequest, "invalid_scope")
	p.clock.Advance(time.Minute) // past the grace
	narrow := p.refresh(first, url.Values{"scope": {"phone phone"}})
	if narrow.status != http.StatusOK || narrow.text("scope") != "phone" || narrow.body["id_token"] != nil {
		t.Fatalf("narrowed: %d %s", narrow.status, narrow.raw)
	}
	_, claims := decode(t, narrow.text("access_token"))
	if claims["scope"] != "phone" {
		t.Errorf("the access token says %v", claims)
	}
	whole := p.refresh(narrow.text("refresh_token"), nil)
	if whole.text("scope") != "openid profile phone" {
		t.Errorf("the grant was narrowed: %s", whole.raw)
	}
	p.refused(p.refresh(narrow.text("refresh_token"), url.Values{"scope": {"email"}}), http.StatusBadRequest, "invalid_scope")
}

// TestDefect6RefreshedIDToken has no nonce and tells the first sign-in.
func TestDefect6RefreshedIDToken(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	tokens := p.citizen().tokens(nil)
	_, first := decode(t, tokens.text("id_token"))
	p.clock.Advance(time.Minute)
	_, second := decode(t, p.refresh(tokens.text("refresh_token"), nil).text("id_token"))
	if first["nonce"] != "n" || second["nonce"] != nil {
		t.Errorf("nonce %v, then %v", first["nonce"], second["nonce"])
	}
	for _, same := range []string{"iss", "sub", "aud", "auth_time", "acr", "sid"} {
		if first[same] == nil || first[same] != second[same] {
			t.Errorf("%s: %v, then %v", same, first[same], second[same])
		}
	}
	if second["iat"] == first["iat"] || second["exp"] == first["exp"] {
		t.Errorf("times are those of the first: %v", second)
	}
}

// TestRefreshEndsWith what it rests on; offline access outlives the session alone
// (OpenID Connect Core §11).
func TestRefreshEndsWith(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		offline := url.Values{"scope": {"openid offline_access"}}
		for name, c := range map[string]struct {
			scope url.Values
			end   func(*citizen)
			lives bool
		}{
			"the session":          {nil, func(c *citizen) { endSession(t, c) }, false},
			"the session, offline": {offline, func(c *citizen) { endSession(t, c) }, true},
			"the session's time":   {nil, func(*citizen) { clock.Advance(idp.SessionAbsolute) }, false},
			"a secured account, offline": {offline, func(c *citizen) {
				if err := db.Secure(t.Context(), c.subject, nil, clock.Now()); err != nil {
					t.Fatal(err)
				}
			}, false},
			"the consent, offline": {offline, func(c *citizen) {
				if err := db.WithdrawConsent(t.Context(), c.subject.Account.OID, "bank", clock.Now()); err != nil {
					t.Fatal(err)
				}
			}, false},
			"thirty idle days, offline": {offline, func(*citizen) { clock.Advance(idp.RefreshTokenIdle) }, false},
		} {
			who := p.citizen()
			tokens := who.tokens(c.scope)
			c.end(who)
			r := p.refresh(tokens.text("refresh_token"), nil)
			if c.lives != (r.status == http.StatusOK) || !c.lives && r.text("error") != "invalid_grant" {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
			if n := who.events(idp.EventRefreshReused); n != 0 {
				t.Errorf("%s counts as reuse", name)
			}
			if c.lives {
				if r := p.userinfo(r.text("access_token")); r.status != http.StatusOK {
					t.Errorf("%s: userinfo %d %s", name, r.status, r.raw)
				}
			} else if r := p.userinfo(tokens.text("access_token")); r.status != http.StatusUnauthorized {
				t.Errorf("%s: userinfo %d %s", name, r.status, r.raw)
			}
		}
	})
}

func endSession(t *testing.T, c *citizen) {
	t.Helper()
	if err := c.p.db.EndSession(t.Context(), c.subject.Account.OID, c.session.ID, c.p.clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// TestRefreshIsBound to its service, which must still be registered for it.
func TestRefreshIsBound(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	p.service("other", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthPost })
	p.service("public", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthNone })
	c := p.citizen("bank", "public")
	first := c.tokens(nil).text("refresh_token")
	for _, who := range []url.Values{{"client_id": {"other"}, "client_secret": {secret}}, {"client_id": {"public"}}} {
		p.refused(p.refresh(first, who), http.StatusBadRequest, "invalid_grant")
	}
	p.refused(p.refresh(first, url.Values{"client_id": {"bank"}}), http.StatusUnauthorized, "invalid_client")
	other := "A"
	if first[10] == 'A' {
		other = "B"
	}
	for _, forged := range []string{first[:10] + other + first[11:], first + "A", first[1:], strings.ToUpper(first)} {
		p.refused(p.refresh(forged, nil), http.StatusBadRequest, "invalid_grant")
	}
	if r := p.refresh(first, nil); r.status != http.StatusOK {
		t.Errorf("what strangers tried ended the family: %s", r.raw)
	}
	mine := p.redeem(c.code(url.Values{"client_id": {"public"}}), url.Values{"client_id": {"public"}})
	if r := p.refresh(mine.text("refresh_token"), url.Values{"client_id": {"public"}}); r.status != http.StatusOK || r.text("refresh_token") == mine.text("refresh_token") {
		t.Errorf("a public service's refresh token is not rotated: %s", r.raw)
	}
}
