package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

const (
	redirect = "https://bank.example/callback"
	verifier = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDE"
	secret   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// service registers a relying service.
func (p *provider) service(id string, change func(*idp.Client)) *idp.Client {
	p.t.Helper()
	sum := sha256.Sum256([]byte(secret))
	c := &idp.Client{
		ID: id, SecretHash: sum[:], Status: idp.ClientActive, CreatedAt: p.clock.Now(), UpdatedAt: p.clock.Now(),
		Name: map[string]string{"ru": "Банк", "en": "Bank"}, RedirectURIs: []string{redirect}, PostLogoutRedirectURIs: []string{"https://bank.example/bye"},
		ResponseTypes: []string{"code"}, GrantTypes: []string{"authorization_code", "refresh_token", "client_credentials"}, ApplicationType: "web",
		TokenEndpointAuthMethod: idp.AuthBasic, RequirePKCE: true,
	}
	for _, s := range append(idp.Scopes(), "reports") {
		c.Scopes = append(c.Scopes, idp.ClientScope{Name: s, Reason: map[string]string{"ru": "чтобы узнать вас"}})
	}
	if change != nil {
		change(c)
	}
	if err := p.DB.AddClient(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// authorizeURL is a request of the bank with some parameters changed; an empty
// value removes one.
func authorizeURL(change url.Values) string {
	q := url.Values{
		"client_id": {"bank"}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid profile phone"},
		"state": {"s t&a"}, "nonce": {"n"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for name, values := range change {
		if values[0] == "" {
			q.Del(name)
			continue
		}
		q[name] = values
	}
	return "/oauth2/authorize?" + q.Encode()
}

// answer is the parameters with which the browser was sent back.
func (b *browser) answer() url.Values {
	b.p.t.Helper()
	target := b.header.Get("Location")
	if target == "" {
		if _, after, ok := strings.Cut(b.body, `http-equiv="refresh" content="0; url=`); ok {
			target, _, _ = strings.Cut(after, `"`)
			target = html.UnescapeString(target)
		}
	}
	u, err := url.Parse(target)
	if err != nil || !strings.HasPrefix(target, redirect) {
		b.p.t.Fatalf("no answer to the service: %d at %s, %q\n%s\n%s", b.status, b.at, target, b.body, b.p.log)
	}
	return u.Query()
}

// signedIn signs a citizen in to the bank, allows everything, and gives the code.
func (p *provider) signedIn(b *browser, change url.Values) string {
	p.t.Helper()
	b.get(authorizeURL(change))
	if b.at.Path == "/login" {
		b.signIn("+79990000001")
	}
	if b.at.Path == "/consent" || strings.Contains(b.body, `action="/consent"`) {
		b.post("/consent", url.Values{"decision": {"allow"}})
	}
	code := b.answer().Get("code")
	if code == "" {
		p.t.Fatalf("no code: %v", b.answer())
	}
	return code
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r reply) text(name string) string {
	s, _ := r.body[name].(string)
	return s
}

// call posts a form as a service; basic authentication unless the form says who.
func (p *provider) call(path string, form url.Values) reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !form.Has("client_id") && !form.Has("client_assertion") {
		r.SetBasicAuth("bank", secret)
	}
	return p.send(r)
}

func (p *provider) send(r *http.Request) reply {
	p.t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Error(err)
		return reply{}
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Error(err)
	}
	out := reply{status: response.StatusCode, header: response.Header}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out.body); err != nil {
			p.t.Errorf("%s: %q is no JSON", r.URL.Path, raw)
		}
	}
	if response.StatusCode >= 500 {
		p.t.Errorf("%s answered %d: %s", r.URL.Path, response.StatusCode, p.log)
	}
	return out
}

func (p *provider) redeem(code string, change url.Values) reply {
	p.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
	for name, values := range change {
		if values[0] == "" {
			form.Del(name)
			continue
		}
		form[name] = values
	}
	return p.call("/oauth2/token", form)
}

func (p *provider) refresh(token string, change url.Values) reply {
	p.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	for name, values := range change {
		form[name] = values
	}
	return p.call("/oauth2/token", form)
}

func (p *provider) userinfo(access string) reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/oauth2/userinfo", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+access)
	return p.send(r)
}

// bank is a provider with one citizen and the bank.
func bank(t testing.TB, db *store.DB, clock *storetest.Clock) *provider {
	t.Helper()
	p := newProvider(t, db, clock)
	p.person("+79990000001", nil)
	p.service("bank", nil)
	return p
}

func TestWholeWay(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		b := p.browser()
		code := p.signedIn(b, nil)
		answer := b.answer()
		if answer.Get("state") != "s t&a" || answer.Get("iss") != p.url {
			t.Errorf("answer = %v, want state and iss (RFC 9207)", answer)
		}
		tokens := p.redeem(code, nil)
		if tokens.status != http.StatusOK || tokens.text("token_type") != "Bearer" || tokens.text("refresh_token") == "" || tokens.text("id_token") == "" || tokens.body["expires_in"] != 300.0 || tokens.text("scope") != "openid profile phone" {
			t.Fatalf("tokens = %+v", tokens)
		}
		if tokens.header.Get("Cache-Control") != "no-store" {
			t.Errorf("tokens may be cached: %v", tokens.header)
		}
		header, claims := decode(t, tokens.text("id_token"))
		if header["alg"] != "RS256" || claims["nonce"] != "n" || claims["aud"] != "bank" || claims["iss"] != p.url || claims["acr"] != "urn:vhod:acr:simplified" || claims["sid"] == nil || claims["at_hash"] == nil {
			t.Errorf("id_token %v %v", header, claims)
		}
		header, access := decode(t, tokens.text("access_token"))
		if header["typ"] != "at+jwt" || header["alg"] != "ES256" || access["client_id"] != "bank" || access["sub"] != claims["sub"] {
			t.Errorf("access token %v %v", header, access)
		}
		info := p.userinfo(tokens.text("access_token"))
		if info.status != http.StatusOK || info.body["sub"] != claims["sub"] || info.body["name"] != "Тестов Иван Петрович" || info.body["phone_number"] != "+79990000001" || info.body["email"] != nil {
			t.Errorf("userinfo = %+v", info)
		}
		if p.userinfo(tokens.text("id_token")).status != http.StatusUnauthorized {
			t.Error("an ID token was taken for an access token")
		}
		next := p.refresh(tokens.text("refresh_token"), nil)
		_, refreshed := decode(t, next.text("id_token"))
		if next.status != http.StatusOK || next.text("refresh_token") == tokens.text("refresh_token") || refreshed["nonce"] != nil || refreshed["auth_time"] != claims["auth_time"] {
			t.Errorf("refresh = %+v", next)
		}
		active := p.call("/oauth2/introspect", url.Values{"token": {next.text("access_token")}})
		if active.body["active"] != true || active.body["sub"] != claims["sub"] {
			t.Errorf("introspection = %+v", active)
		}

		t.Log("single sign-on asks nothing")
		b.get(authorizeURL(nil))
		if b.status != http.StatusSeeOther || b.answer().Get("code") == "" {
			t.Errorf("single sign-on: %d %v", b.status, b.answer())
		}

		t.Log("sign-out ends what is not offline")
		b.get("/oauth2/logout?id_token_hint="+tokens.text("id_token")+"&post_logout_redirect_uri=https://bank.example/bye&state=x").expect(http.StatusOK, "/oauth2/logout")
		b.post("/oauth2/logout", url.Values{"decision": {"sign-out"}, "id_token_hint": {tokens.text("id_token")}, "post_logout_redirect_uri": {"https://bank.example/bye"}, "state": {"x"}})
		if !strings.Contains(b.body, "https://bank.example/bye?state=x") {
			t.Errorf("sign-out leads to: %s", b.body)
		}
		if r := p.refresh(next.text("refresh_token"), nil); r.status != http.StatusBadRequest || r.text("error") != "invalid_grant" {
			t.Errorf("refresh after sign-out = %+v", r)
		}
		if r := p.userinfo(next.text("access_token")); r.status != http.StatusUnauthorized {
			t.Errorf("userinfo after sign-out = %+v", r)
		}
		if r := p.call("/oauth2/introspect", url.Values{"token": {next.text("access_token")}}); r.body["active"] != false || len(r.body) != 1 {
			t.Errorf("introspection after sign-out = %+v", r)
		}
		b.get(authorizeURL(url.Values{"prompt": {"none"}}))
		if b.answer().Get("error") != "login_required" {
			t.Errorf("prompt=none after sign-out: %v", b.answer())
		}
	})
}

func decode(t *testing.T, jwt string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	for i, out := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// TestRoundTrips fails when a request of the path costs another round trip to the
// database.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		first := p.browser()
		p.signedIn(first, nil) // consent is remembered from here on
		b := p.browser()
		b.get(authorizeURL(nil))
		b.signIn("+79990000001")
		tokens := p.redeem(b.answer().Get("code"), nil)
		p.refresh(tokens.text("refresh_token"), nil)
		p.userinfo(tokens.text("access_token"))
		b.get(authorizeURL(nil))
		b.answer()
		p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"reports"}})
		p.call("/oauth2/introspect", url.Values{"token": {tokens.text("access_token")}})
		log := p.log.String()
		for _, want := range []struct {
			route string
			trips []string // of each request of the route, in order
		}{
			{"/login/password", []string{"3", "3"}},
			{"/oauth2/token", []string{"1", "1", "0"}}, // redemption, refresh, client_credentials
			{"/oauth2/userinfo", []string{"1"}},
			{"/oauth2/authorize", []string{"*", "*", "1"}}, // the last is single sign-on
			{"/oauth2/introspect", []string{"0"}},
		} {
			got := tripsOf(t, log, want.route)
			if len(got) != len(want.trips) {
				t.Fatalf("%s: %v requests, want %v", want.route, got, want.trips)
			}
			for i, n := range want.trips {
				if n != "*" && got[i] != n {
					t.Errorf("%s: round trips %v, want %v", want.route, got, want.trips)
				}
			}
			t.Logf("%-20s round trips %v", want.route, got)
		}
	})
}

func tripsOf(t *testing.T, log, route string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(log) {
		var entry struct {
			Route string
			Trips json.Number
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Route == route {
			all = append(all, entry.Trips.String())
		}
	}
	return all
}

func TestCodeRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		code := p.signedIn(p.browser(), nil)
		replies := race(func() reply { return p.redeem(code, nil) })
		var won []reply
		for _, r := range replies {
			if r.status == http.StatusOK {
				won = append(won, r)
			} else if r.text("error") != "invalid_grant" {
				t.Errorf("a loser got %+v", r)
			}
		}
		if len(won) != 1 {
			t.Fatalf("%d of 32 redeemed the code, want one", len(won))
		}
		t.Log("the code was shown again: what it gave is revoked (RFC 6749 §4.1.2)")
		if r := p.userinfo(won[0].text("access_token")); r.status != http.StatusUnauthorized {
			t.Errorf("userinfo after reuse of the code = %+v", r)
		}
		if r := p.refresh(won[0].text("refresh_token"), nil); r.text("error") != "invalid_grant" {
			t.Errorf("refresh after reuse of the code = %+v", r)
		}
	})
}

func race(call func() reply) []reply {
	var wg sync.WaitGroup
	replies := make([]reply, 32)
	for i := range replies {
		wg.Go(func() { replies[i] = call() })
	}
	wg.Wait()
	return replies
}

func TestRefreshRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		tokens := p.redeem(p.signedIn(p.browser(), nil), nil)
		successor := ""
		for _, r := range race(func() reply { return p.refresh(tokens.text("refresh_token"), nil) }) {
			if r.status != http.StatusOK {
				t.Fatalf("within the grace: %+v", r)
			}
			if successor == "" {
				successor = r.text("refresh_token")
			}
			if r.text("refresh_token") != successor {
				t.Errorf("the family forked")
			}
		}
		t.Log("after the grace the old token ends the family (RFC 9700 §4.14.2)")
		clock.Advance(idp.RefreshGrace + time.Second)
		if r := p.refresh(tokens.text("refresh_token"), nil); r.text("error") != "invalid_grant" {
			t.Errorf("late reuse = %+v", r)
		}
		if r := p.refresh(successor, nil); r.text("error") != "invalid_grant" {
			t.Errorf("the family lives on: %+v", r)
		}
	})
}

func TestRefreshUsedSuccessorEndsGrace(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	one := p.redeem(p.signedIn(p.browser(), nil), nil)
	two := p.refresh(one.text("refresh_token"), nil)
	three := p.refresh(two.text("refresh_token"), nil)
	if three.status != http.StatusOK {
		t.Fatalf("%+v", three)
	}
	if r := p.refresh(one.text("refresh_token"), nil); r.text("error") != "invalid_grant" {
		t.Errorf("the token before the last = %+v", r)
	}
	if r := p.refresh(three.text("refresh_token"), nil); r.text("error") != "invalid_grant" {
		t.Errorf("the family lives on: %+v", r)
	}
}

// TestFositeDefects holds the defects of the engine below that touch the core.
func TestFositeDefects(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	b := p.browser()
	invalidGrant := func(t *testing.T, r reply) {
		t.Helper()
		if r.status != http.StatusBadRequest || r.text("error") != "invalid_grant" {
			t.Errorf("%+v, want invalid_grant", r)
		}
	}
	t.Run("1 a wrong verifier burns the code", func(t *testing.T) {
		code := p.signedIn(b, nil)
		invalidGrant(t, p.redeem(code, url.Values{"code_verifier": {strings.Repeat("x", 43)}}))
		invalidGrant(t, p.redeem(code, url.Values{"code_verifier": {""}}))
		invalidGrant(t, p.redeem(code, nil))
	})
	t.Run("1 a verifier that was not asked for is a downgrade", func(t *testing.T) {
		p.service("nopkce", func(c *idp.Client) { c.RequirePKCE = false })
		code := p.signedIn(b, url.Values{"client_id": {"nopkce"}, "code_challenge": {""}, "code_challenge_method": {""}})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/oauth2/token", strings.NewReader(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("nopkce", secret)
		invalidGrant(t, p.send(r))
	})
	t.Run("3 state may be short or missing", func(t *testing.T) {
		for _, state := range []string{"", "x"} {
			b.get(authorizeURL(url.Values{"state": {state}}))
			if got := b.answer(); got.Get("code") == "" || got.Get("state") != state || got.Has("state") != (state != "") {
				t.Errorf("state %q: %v", state, got)
			}
		}
	})
	t.Run("4 request objects are refused", func(t *testing.T) {
		for parameter, code := range map[string]string{"request": "request_not_supported", "request_uri": "request_uri_not_supported", "registration": "registration_not_supported"} {
			b.get(authorizeURL(url.Values{parameter: {"https://evil.example"}}))
			if got := b.answer().Get("error"); got != code {
				t.Errorf("%s: %q, want %q", parameter, got, code)
			}
		}
	})
	t.Run("6 an unknown grant is unsupported_grant_type", func(t *testing.T) {
		if r := p.call("/oauth2/token", url.Values{"grant_type": {"password"}}); r.status != http.StatusBadRequest || r.text("error") != "unsupported_grant_type" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("6 refresh narrows the scope", func(t *testing.T) {
		tokens := p.redeem(p.signedIn(b, nil), nil)
		r := p.refresh(tokens.text("refresh_token"), url.Values{"scope": {"openid"}})
		if r.status != http.StatusOK || r.text("scope") != "openid" {
			t.Errorf("narrowed: %+v", r)
		}
		if info := p.userinfo(r.text("access_token")); info.body["name"] != nil {
			t.Errorf("a narrowed token reads %v", info.body)
		}
		again := p.refresh(r.text("refresh_token"), nil)
		if again.text("scope") != "openid profile phone" {
			t.Errorf("narrowing one answer narrowed the grant: %+v", again)
		}
		if r := p.refresh(again.text("refresh_token"), url.Values{"scope": {"openid email"}}); r.text("error") != "invalid_scope" {
			t.Errorf("widened: %+v", r)
		}
	})
	t.Run("6 401 tells the scheme", func(t *testing.T) {
		r := p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"bank"}, "client_secret": {"wrong"}})
		if r.status != http.StatusUnauthorized || r.text("error") != "invalid_client" || !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("8 tokens in the query are not read", func(t *testing.T) {
		tokens := p.redeem(p.signedIn(b, nil), nil)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/oauth2/userinfo?access_token="+tokens.text("access_token"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.send(r); got.status != http.StatusUnauthorized {
			t.Errorf("%+v", got)
		}
	})
	t.Run("8 malformed tokens are 401", func(t *testing.T) {
		for _, bad := range []string{"x", "a.b.c", strings.Repeat("A", 20000), "eyJhbGciOiJub25lIn0.e30.", "\xff"} {
			if got := p.userinfo(bad); got.status != http.StatusUnauthorized || !strings.Contains(got.header.Get("WWW-Authenticate"), "invalid_token") {
				t.Errorf("%.20q: %+v", bad, got)
			}
		}
	})
	t.Run("11 scopes match exactly", func(t *testing.T) {
		b.get(authorizeURL(url.Values{"scope": {"openid prof"}}))
		if got := b.answer().Get("error"); got != "invalid_scope" {
			t.Errorf("error = %q", got)
		}
	})
	t.Run("11 a code lives a minute", func(t *testing.T) {
		code := p.signedIn(b, nil)
		clock.Advance(time.Minute)
		invalidGrant(t, p.redeem(code, nil))
	})
}

func TestCodeIsBound(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	p.service("other", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthPost })
	b := p.browser()
	for name, change := range map[string]url.Values{
		"another redirect_uri": {"redirect_uri": {"https://bank.example/other"}},
		"no redirect_uri":      {"redirect_uri": {""}},
		"another service":      {"client_id": {"other"}, "client_secret": {secret}},
	} {
		code := p.signedIn(b, nil)
		if r := p.redeem(code, change); r.text("error") != "invalid_grant" {
			t.Errorf("%s: %+v", name, r)
		}
		if r := p.redeem(code, nil); r.text("error") != "invalid_grant" {
			t.Errorf("%s did not burn the code: %+v", name, r)
		}
	}
	tokens := p.redeem(p.signedIn(b, nil), nil)
	if r := p.refresh(tokens.text("refresh_token"), url.Values{"client_id": {"other"}, "client_secret": {secret}}); r.text("error") != "invalid_grant" {
		t.Errorf("another service's refresh token: %+v", r)
	}
	if r := p.refresh(tokens.text("refresh_token"), nil); r.status != http.StatusOK {
		t.Errorf("a stranger ended the family: %+v", r)
	}
}

// TestCodeStartsNothingAfter checks codes that outlive what they were issued for.
func TestCodeStartsNothingAfter(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		s := p.person("+79990000001", nil)
		p.service("bank", nil)
		for name, end := range map[string]func(*browser){
			"sign-out": func(b *browser) { b.post("/oauth2/logout", url.Values{"decision": {"sign-out"}}) },
			"a new password": func(*browser) {
				if err := db.Secure(t.Context(), s, nil, clock.Now()); err != nil {
					t.Fatal(err)
				}
			},
			"a block": func(*browser) {
				// The account is let in again, so that the next case can sign in.
				for _, to := range []idp.AccountStatus{idp.StatusBlocked, idp.StatusActive} {
					from := idp.StatusActive
					if to == from {
						from = idp.StatusBlocked
					}
					if err := db.Secure(t.Context(), s, nil, clock.Now(), store.SetStatus(s.Account.OID, from, to, clock.Now())); err != nil {
						t.Fatal(err)
					}
				}
			},
			"withdrawal": func(*browser) {
				if err := db.WithdrawConsent(t.Context(), s.Account.OID, "bank", clock.Now()); err != nil {
					t.Fatal(err)
				}
			},
		} {
			b := p.browser()
			code := p.signedIn(b, nil)
			end(b)
			if r := p.redeem(code, nil); r.status != http.StatusBadRequest || r.text("error") != "invalid_grant" {
				t.Errorf("after %s: %+v", name, r)
			}
		}
	})
}

// TestAuthorizeErrors is the answer to each bad parameter.
func TestAuthorizeErrors(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	p.service("public", func(c *idp.Client) { c.TokenEndpointAuthMethod, c.RequirePKCE = idp.AuthNone, false })
	b := p.browser()
	for name, c := range map[string]struct {
		change url.Values
		want   string
	}{
		"response_type missing":     {url.Values{"response_type": {""}}, "invalid_request"},
		"response_type unknown":     {url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		"response_type with spaces": {url.Values{"response_type": {"code id_token"}}, "unsupported_response_type"},
		"response_mode unknown":     {url.Values{"response_mode": {"web_message"}}, "invalid_request"},
		"scope missing":             {url.Values{"scope": {""}}, "invalid_scope"},
		"scope unknown":             {url.Values{"scope": {"openid nothing"}}, "invalid_scope"},
		"doubled parameter":         {url.Values{"nonce": {"a", "b"}}, "invalid_request"},
		"challenge missing":         {url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		"challenge of public":       {url.Values{"client_id": {"public"}, "code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		"plain challenge":           {url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"challenge method missing":  {url.Values{"code_challenge_method": {""}}, "invalid_request"},
		"challenge too short":       {url.Values{"code_challenge": {"x"}}, "invalid_request"},
		"prompt none with others":   {url.Values{"prompt": {"none login"}}, "invalid_request"},
		"prompt none":               {url.Values{"prompt": {"none"}}, "login_required"},
		"max_age no number":         {url.Values{"max_age": {"soon"}}, "invalid_request"},
		"max_age negative":          {url.Values{"max_age": {"-1"}}, "invalid_request"},
		"id_token_hint broken":      {url.Values{"id_token_hint": {"a.b.c"}}, "invalid_request"},
		"nonce too long":            {url.Values{"nonce": {strings.Repeat("n", 3000)}}, "invalid_request"},
		"not UTF-8":                 {url.Values{"nonce": {"\xff"}}, "invalid_request"},
	} {
		b.get(authorizeURL(c.change))
		if got := b.answer(); got.Get("error") != c.want || got.Get("state") != "s t&a" || got.Get("iss") != p.url {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	for name, change := range map[string]url.Values{
		"client missing":         {"client_id": {""}},
		"client unknown":         {"client_id": {"nobody"}},
		"client doubled":         {"client_id": {"bank", "bank"}},
		"redirect missing":       {"redirect_uri": {""}},
		"redirect unknown":       {"redirect_uri": {"https://evil.example/"}},
		"redirect prefix":        {"redirect_uri": {redirect + "/x"}},
		"redirect with query":    {"redirect_uri": {redirect + "?x=1"}},
		"redirect with userinfo": {"redirect_uri": {"https://bank.example@evil.example/callback"}},
		"redirect in capitals":   {"redirect_uri": {"https://BANK.example/callback"}},
		"redirect dot segments":  {"redirect_uri": {"https://bank.example/x/../callback"}},
		"redirect backslash":     {"redirect_uri": {"https://bank.example\\callback"}},
		"redirect javascript":    {"redirect_uri": {"javascript:alert(1)"}},
		"redirect doubled":       {"redirect_uri": {redirect, "https://evil.example/"}},
	} {
		b.get(authorizeURL(change))
		if b.status != http.StatusBadRequest || b.header.Get("Location") != "" || strings.Contains(b.body, `"https://evil.example`) || !strings.Contains(b.body, `id="number"`) {
			t.Errorf("%s: %d %q, want a page", name, b.status, b.header.Get("Location"))
		}
	}
}

func TestResponseModes(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	b := p.browser()
	p.signedIn(b, nil)
	b.get(authorizeURL(url.Values{"response_mode": {"fragment"}}))
	if location := b.header.Get("Location"); !strings.HasPrefix(location, redirect+"#") || !strings.Contains(location, "code=") {
		t.Errorf("fragment: %q", location)
	}
	b.get(authorizeURL(url.Values{"response_mode": {"form_post"}}))
	if b.status != http.StatusOK || !strings.Contains(b.body, `action="`+redirect+`"`) || !strings.Contains(b.body, `name="code"`) {
		t.Errorf("form_post: %d %s", b.status, b.body)
	}
	if policy := b.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://bank.example;") {
		t.Errorf("form_post: policy %q", policy)
	}
	b.get("/login")
	if policy := b.header.Get("Content-Security-Policy"); policy != "" && !strings.Contains(policy, "form-action 'self';") {
		t.Errorf("other pages: policy %q", policy)
	}
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	b := p.browser()
	tokens := p.redeem(p.signedIn(b, nil), nil)
	_, claims := decode(t, tokens.text("id_token"))
	clock.Advance(2 * time.Minute)

	b.get(authorizeURL(url.Values{"prompt": {"login"}})).expect(http.StatusOK, "/login")
	b.signIn("+79990000001")
	_, again := decode(t, p.redeem(b.answer().Get("code"), nil).text("id_token"))
	if again["auth_time"].(float64) <= claims["auth_time"].(float64) || again["sid"] != claims["sid"] {
		t.Errorf("prompt=login: %v after %v, want a later auth_time in the same session", again, claims)
	}
	if r := p.refresh(tokens.text("refresh_token"), nil); r.status != http.StatusOK {
		t.Errorf("prompt=login ended the service's tokens: %+v", r)
	}
	clock.Advance(2 * time.Minute)
	b.get(authorizeURL(url.Values{"max_age": {"60"}})).expect(http.StatusOK, "/login")
	b.get(authorizeURL(url.Values{"max_age": {"600"}})).answer()
	b.get(authorizeURL(url.Values{"prompt": {"consent"}})).expect(http.StatusOK, "/consent")
	b.post("/consent", url.Values{"decision": {"deny"}})
	if got := b.answer(); got.Get("error") != "access_denied" {
		t.Errorf("refused consent: %v", got)
	}
	b.get(authorizeURL(url.Values{"prompt": {"select_account"}})).expect(http.StatusOK, "/login/account")
	b.post("/login/account", url.Values{"decision": {"continue"}})
	if b.answer().Get("code") == "" {
		t.Errorf("chosen account: %v", b.answer())
	}
	b.get(authorizeURL(url.Values{"prompt": {"select_account"}})).post("/login/account", url.Values{"decision": {"other"}}).expect(http.StatusOK, "/login")
	b.get(authorizeURL(url.Values{"login_hint": {"+79990000001"}, "prompt": {"login"}}))
	if !strings.Contains(b.body, `value="&#43;79990000001"`) {
		t.Errorf("login_hint is not shown: %s", b.body)
	}
	b.get(authorizeURL(url.Values{"ui_locales": {"en"}, "prompt": {"login"}}))
	if !strings.Contains(b.body, `lang="en"`) {
		t.Error("ui_locales is not heard")
	}
	b.get(authorizeURL(url.Values{"id_token_hint": {tokens.text("id_token")}, "prompt": {"none"}}))
	if b.answer().Get("code") == "" {
		t.Errorf("id_token_hint of the one signed in: %v", b.answer())
	}
}

func TestLongRequestIsStored(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	b := p.browser()
	state := strings.Repeat("s", 2000)
	p.signedIn(b, url.Values{"state": {state}})
	if b.answer().Get("state") != state {
		t.Errorf("a long state came back changed")
	}
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	p.service("other", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthPost })
	b := p.browser()
	tokens := p.redeem(p.signedIn(b, nil), nil)
	foreign := url.Values{"token": {tokens.text("access_token")}, "client_id": {"other"}, "client_secret": {secret}}
	if r := p.call("/oauth2/revoke", foreign); r.status != http.StatusOK {
		t.Errorf("another service's token: %+v", r)
	}
	if r := p.userinfo(tokens.text("access_token")); r.status != http.StatusOK {
		t.Errorf("a stranger revoked the token: %+v", r)
	}
	if r := p.call("/oauth2/introspect", foreign); r.body["active"] != false {
		t.Errorf("another service learns of the token: %+v", r)
	}
	if r := p.call("/oauth2/revoke", url.Values{"token": {tokens.text("access_token")}}); r.status != http.StatusOK {
		t.Errorf("%+v", r)
	}
	if r := p.userinfo(tokens.text("access_token")); r.status != http.StatusUnauthorized {
		t.Errorf("a revoked token reads: %+v", r)
	}
	if r := p.call("/oauth2/revoke", url.Values{"token": {tokens.text("refresh_token")}}); r.status != http.StatusOK {
		t.Errorf("%+v", r)
	}
	if r := p.refresh(tokens.text("refresh_token"), nil); r.text("error") != "invalid_grant" {
		t.Errorf("a revoked family goes on: %+v", r)
	}
	machine := p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"reports"}})
	if r := p.call("/oauth2/introspect", url.Values{"token": {machine.text("access_token")}}); r.body["active"] != true || r.body["sub"] != "bank" {
		t.Errorf("client_credentials: %+v", r)
	}
	p.call("/oauth2/revoke", url.Values{"token": {machine.text("access_token")}})
	if r := p.call("/oauth2/introspect", url.Values{"token": {machine.text("access_token")}}); r.body["active"] != false {
		t.Errorf("revoked client_credentials: %+v", r)
	}
	if r := p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}); r.text("error") != "invalid_scope" {
		t.Errorf("client_credentials for openid: %+v", r)
	}
	for _, bad := range []string{"x", "", strings.Repeat("A", 9000)} {
		r := p.call("/oauth2/revoke", url.Values{"token": {bad}})
		if want := http.StatusOK; bad != "" && r.status != want {
			t.Errorf("unknown token %.5q: %+v", bad, r)
		}
	}
}

func TestDiscoveryAndKeys(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	b := p.browser()
	b.get("/.well-known/openid-configuration").expect(http.StatusOK, "/.well-known/openid-configuration")
	var document map[string]any
	if err := json.Unmarshal([]byte(b.body), &document); err != nil {
		t.Fatal(err)
	}
	for name, value := range document {
		address, ok := value.(string)
		if !ok || !strings.HasPrefix(address, p.url+"/") {
			continue
		}
		method := http.MethodGet
		if slices.Contains([]string{"token_endpoint", "introspection_endpoint", "revocation_endpoint"}, name) {
			method = http.MethodPost
		}
		r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b.do(r); b.status == http.StatusNotFound || b.status == http.StatusMethodNotAllowed || b.status >= 500 {
			t.Errorf("%s is announced and answers %d", name, b.status)
		}
	}
	b.get("/oauth2/jwks").expect(http.StatusOK, "/oauth2/jwks")
	if strings.Contains(b.body, `"d"`) || b.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(b.header.Get("Cache-Control"), "max-age=300") {
		t.Errorf("keys: %v %s", b.header, b.body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/oauth2/jwks", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("If-None-Match", b.header.Get("ETag"))
	if b.do(r); b.status != http.StatusNotModified {
		t.Errorf("If-None-Match: %d", b.status)
	}
}

// TestDisabledService ends what is in progress for it, at once for pages and
// tokens that read the database, within a second for the rest.
func TestDisabledService(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	b := p.browser()
	tokens := p.redeem(p.signedIn(b, nil), nil)
	code := p.signedIn(b, nil)
	clock.Advance(time.Second)
	b.get(authorizeURL(url.Values{"prompt": {"login"}})).expect(http.StatusOK, "/login")
	flow := b.flow()
	c, err := db.Client(t.Context(), "bank")
	if err != nil {
		t.Fatal(err)
	}
	before := c.UpdatedAt
	clock.Advance(time.Second)
	c.Status, c.UpdatedAt = idp.ClientDisabled, clock.Now()
	if err := db.UpdateClient(t.Context(), c, before); err != nil {
		t.Fatal(err)
	}
	if r := p.userinfo(tokens.text("access_token")); r.status != http.StatusUnauthorized {
		t.Errorf("userinfo of a service just disabled: %+v", r)
	}
	if r := p.redeem(code, nil); r.status != http.StatusBadRequest || r.text("error") != "invalid_grant" {
		t.Errorf("a code of a service just disabled: %+v", r)
	}
	if err := p.Clients.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.post("/login/password", url.Values{"flow": {flow}, "login": {"+79990000001"}, "password": {testPassword}}).expect(http.StatusBadRequest, "/login/password")
	b.get(authorizeURL(nil)).expect(http.StatusBadRequest, "/oauth2/authorize")
	if r := p.refresh(tokens.text("refresh_token"), nil); r.status != http.StatusUnauthorized || r.text("error") != "invalid_client" {
		t.Errorf("refresh of a disabled service: %+v", r)
	}
}

// TestRefusalSignsInAllTheSame: who has proved everything and then says no, or has
// too low a level, is signed in.
func TestRefusalSignsInAllTheSame(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	p.service("strict", func(c *idp.Client) { c.MinLevel = idp.LevelConfirmed })
	for path, c := range map[string]struct{ client, decision string }{
		"/consent": {"bank", "deny"}, "/login/level": {"strict", "return"},
	} {
		b := p.browser()
		b.get(authorizeURL(url.Values{"client_id": {c.client}})).signIn("+79990000001").expect(http.StatusOK, path)
		b.get("/account").expect(http.StatusOK, "/login")
		b.get(authorizeURL(url.Values{"client_id": {c.client}})).signIn("+79990000001").expect(http.StatusOK, path)
		b.post(path, url.Values{"decision": {c.decision}})
		if got := b.answer().Get("error"); got != "access_denied" {
			t.Errorf("%s: %q, want access_denied", path, got)
		}
		b.get("/account").expect(http.StatusOK, "/account")
	}
}

// TestConsentOfAnother: a page that one person was shown is no consent of the one
// who has signed in since in the same browser.
func TestConsentOfAnother(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	p.person("+79990000002", nil)
	b := p.browser()
	b.get(authorizeURL(nil)).signIn("+79990000001").expect(http.StatusOK, "/consent")
	shown := b.flow()
	b.get("/login").signIn("+79990000002")
	b.post("/consent", url.Values{"decision": {"allow"}, "flow": {shown}}).expect(http.StatusOK, "/consent")
	if b.header.Get("Location") != "" || strings.Contains(b.body, "code=") || !strings.Contains(b.body, `name="decision"`) {
		t.Errorf("the consent of another counted: %s", b.body)
	}
}
