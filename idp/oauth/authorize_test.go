package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

func TestAuthorizePost(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	r := p.form("/oauth2/authorize", request(nil))
	for _, cookie := range c.cookies {
		r.AddCookie(cookie)
	}
	got := p.do(r)
	if got.status != http.StatusSeeOther || got.sent().Get("code") == "" || got.sent().Get("state") != "s t&a" || got.sent().Get("iss") != issuer {
		t.Errorf("posted: %d %q %s", got.status, got.header.Get("Location"), got.raw)
	}

	t.Log("from a page of a service the browser brings no cookies: it is sent round")
	r = p.form("/oauth2/authorize", request(nil))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	got = p.do(r)
	location := got.header.Get("Location")
	if got.status != http.StatusSeeOther || !strings.HasPrefix(location, "/oauth2/authorize?") || len(got.header.Values("Set-Cookie")) != 0 {
		t.Fatalf("posted across: %d %q %v", got.status, location, got.header)
	}
	if got = p.get(location, c.cookies...); got.sent().Get("code") == "" || got.sent().Get("state") != "s t&a" {
		t.Errorf("sent round: %d %q", got.status, got.header.Get("Location"))
	}
}

// TestAuthorizeBounds: whatever is sent, the answer is an error of the
// specification or a page, on both engines.
func TestAuthorizeBounds(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		c := p.citizen()
		for name, change := range map[string]url.Values{
			"everything long":    {"state": {strings.Repeat("<", 2048)}, "nonce": {strings.Repeat("<", 2048)}},
			"nonce with NUL":     {"nonce": {"a\x00b"}},
			"nonce with newline": {"nonce": {"a\nb"}},
			"long unknown":       {"unknown": {strings.Repeat("u", 3000)}},
			"doubled unknown":    {"unknown": {"a", "b"}},
			"long name":          {strings.Repeat("n", 3000): {"x"}},
		} {
			if r := c.authorize(change); r.status != http.StatusSeeOther || r.sent().Get("error") != "invalid_request" || r.sent().Get("iss") != issuer {
				t.Errorf("%s: %d %q %.200s", name, r.status, r.header.Get("Location"), r.raw)
			}
		}
		if r := c.authorize(url.Values{"unknown": {"x"}, "display": {"popup"}, "claims_locales": {"ru"}}); r.sent().Get("code") == "" {
			t.Errorf("unknown parameters: %d %q", r.status, r.header.Get("Location"))
		}
		if r := c.authorize(url.Values{"request": {strings.Repeat("e", 5000)}}); r.sent().Get("error") != "request_not_supported" { // defect 4
			t.Errorf("request object: %q", r.header.Get("Location"))
		}
		// Nothing that can be asked makes a code that cannot be redeemed.
		long := url.Values{"state": {strings.Repeat("s", 2048)}, "nonce": {strings.Repeat("<", 700)}}
		r := c.authorize(long)
		if tokens := p.redeem(r.sent().Get("code"), nil); tokens.status != http.StatusOK {
			t.Errorf("long request: %d %s after %.100s", tokens.status, tokens.raw, r.header.Get("Location"))
		}
		for name, id := range map[string]string{"NUL": "\x00", "not UTF-8": "\xff", "long": strings.Repeat("b", 5000), "with spaces": "bank "} {
			if r := c.authorize(url.Values{"client_id": {id}}); r.status != http.StatusBadRequest || r.body["page"] != "error" {
				t.Errorf("client_id %s: %d %.200s", name, r.status, r.raw)
			}
		}
		if r := p.get("/oauth2/authorize?client_id=bank&x=%zz"); r.status != http.StatusBadRequest {
			t.Errorf("a query that cannot be read: %d", r.status)
		}
		if r := p.get("/oauth2/authorize?client_id=bank&x=" + strings.Repeat("x", 20000)); r.status != http.StatusBadRequest {
			t.Errorf("a long query: %d", r.status)
		}
	})
}

// TestRedirectAddresses come back as they were registered, whatever they hold.
func TestRedirectAddresses(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	addresses := map[string]string{ // address: what it begins with in the answer
		"https://bank.example/обратно":         "https://bank.example/обратно?",
		"https://bank.example/%D0%B0/../b":     "https://bank.example/%D0%B0/../b?",
		"https://bank.example/cb?tenant=1":     "https://bank.example/cb?tenant=1&",
		"https://bank.example/cb?":             "https://bank.example/cb?",
		"https://bank.example:8443/cb?a=1&":    "https://bank.example:8443/cb?a=1&",
		"https://bank.example":                 "https://bank.example?",
		"http://127.0.0.1/native":              "http://127.0.0.1/native?",
		"ru.example.bank:/oauth2redirect/here": "ru.example.bank:/oauth2redirect/here?",
	}
	p.service("app", func(c *idp.Client) {
		c.TokenEndpointAuthMethod, c.ApplicationType, c.RedirectURIs = idp.AuthNone, "native", nil
		for address := range addresses {
			c.RedirectURIs = append(c.RedirectURIs, address)
		}
	})
	c := p.citizen("app")
	try := func(address, begins string) {
		t.Helper()
		r := c.authorize(url.Values{"client_id": {"app"}, "redirect_uri": {address}})
		location := r.header.Get("Location")
		if r.status != http.StatusSeeOther || !strings.HasPrefix(location, begins) || !strings.HasPrefix(strings.TrimPrefix(location, begins), "code=") {
			t.Errorf("%s: %d %q", address, r.status, location)
			return
		}
		_, query, _ := strings.Cut(location, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.redeem(values.Get("code"), url.Values{"client_id": {"app"}, "redirect_uri": {address}}); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", address, got.status, got.raw)
		}
	}
	for address, begins := range addresses {
		try(address, begins)
	}
	try("http://127.0.0.1:54321/native", "http://127.0.0.1:54321/native?") // RFC 8252 §7.3
	for _, bad := range []string{
		"http://127.0.0.1:54321/native2", "http://127.0.0.1:54321/native?x=1", "https://127.0.0.1:54321/native", "http://localhost:54321/native",
		"http://127.0.0.1:54321/native#x", "http://a@127.0.0.1:54321/native", "http://127.0.0.1:54321/x/../native", "http://[::1]:54321/native",
		"http://127.0.0.1:99x/native", "http://127.0.0.1:1@evil.example/native", "HTTP://127.0.0.1:1/native", "http://2130706433:1/native", "http://127.1:1/native",
	} {
		if r := c.authorize(url.Values{"client_id": {"app"}, "redirect_uri": {bad}}); r.status != http.StatusBadRequest || r.header.Get("Location") != "" {
			t.Errorf("%s: %d %q", bad, r.status, r.header.Get("Location"))
		}
	}
	// Only an app may choose its port.
	p.service("site", func(c *idp.Client) { c.RedirectURIs = []string{"http://127.0.0.1/native"} })
	if r := c.authorize(url.Values{"client_id": {"site"}, "redirect_uri": {"http://127.0.0.1:1/native"}}); r.status != http.StatusBadRequest {
		t.Errorf("a site chose its port: %d", r.status)
	}
}

func TestFormPostPolicy(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	p.service("quirky", func(c *idp.Client) { c.RedirectURIs = []string{"https://bank.example;script-src/cb"} })
	for id, redirect := range map[string]string{"bank": callback, "quirky": "https://bank.example;script-src/cb"} {
		r := p.citizen(id).authorize(url.Values{"client_id": {id}, "redirect_uri": {redirect}, "response_mode": {"form_post"}})
		data, _ := r.body["data"].(map[string]any)
		if r.status != http.StatusOK || r.body["page"] != "form_post" || data["Action"] != redirect {
			t.Errorf("%s: %d %s", id, r.status, r.raw)
		}
	}
	r := p.citizen().authorize(url.Values{"response_mode": {"form_post"}, "scope": {"nothing"}})
	if !strings.Contains(r.raw, `"invalid_scope"`) || !strings.Contains(r.raw, `"s t\u0026a"`) || !strings.Contains(r.raw, `"`+issuer+`"`) {
		t.Errorf("an error by form_post: %s", r.raw)
	}
}

// TestIDTokenHint: ours, for this service, expired or not; no other token.
func TestIDTokenHint(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	p.service("other", nil)
	c, stranger := p.citizen("bank", "other"), p.citizen()
	tokens := c.tokens(nil)
	p.clock.Advance(idp.IDTokenLife + 1)
	for name, try := range map[string]struct {
		hint, client, want string
	}{
		"expired":               {tokens.text("id_token"), "bank", ""},
		"another person's":      {stranger.tokens(nil).text("id_token"), "bank", "login_required"},
		"for another service":   {tokens.text("id_token"), "other", "invalid_request"},
		"an access token":       {tokens.text("access_token"), "bank", "invalid_request"},
		"a refresh token":       {tokens.text("refresh_token"), "bank", "invalid_request"},
		"changed":               {tokens.text("id_token")[:40] + "x" + tokens.text("id_token")[41:], "bank", "invalid_request"},
		"too long to be a hint": {strings.Repeat("a", 9000), "bank", "invalid_request"},
	} {
		r := c.authorize(url.Values{"prompt": {"none"}, "id_token_hint": {try.hint}, "client_id": {try.client}})
		if got := r.sent().Get("error"); got != try.want || (try.want == "") != r.sent().Has("code") {
			t.Errorf("%s: %q", name, r.header.Get("Location"))
		}
	}
}

// TestDefect3StateIsOptional and of any length up to the bound.
func TestDefect3StateIsOptional(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	for _, state := range []string{"x", "", strings.Repeat("s", 2048), `"><script>alert(1)</script>`, "привет"} {
		change := url.Values{"state": {state}}
		if state == "" {
			change = url.Values{"state": nil}
		}
		r := c.authorize(change)
		if r.sent().Get("code") == "" || r.sent().Get("state") != state || r.sent().Has("state") != (state != "") {
			t.Errorf("state %.20q: %.200q", state, r.header.Get("Location"))
		}
	}
}

// TestDefect6PromptCreate is no reason to refuse.
func TestDefect6PromptCreate(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	if r := p.citizen().authorize(url.Values{"prompt": {"create"}}); r.sent().Has("error") {
		t.Errorf("prompt=create: %q", r.header.Get("Location"))
	}
}

func TestOfflineAccess(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	p.service("once", func(c *idp.Client) { c.GrantTypes = []string{"authorization_code"} })
	c := p.citizen("once")
	r := c.authorize(url.Values{"client_id": {"once"}, "scope": {"openid offline_access"}})
	request := p.form("/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "code": {r.sent().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier}})
	request.SetBasicAuth("once", secret)
	tokens := p.do(request)
	// OpenID Connect Core §11: ignored where there can be no refresh token.
	if tokens.status != http.StatusOK || tokens.text("scope") != "openid" || tokens.body["refresh_token"] != nil {
		t.Errorf("%d %s", tokens.status, tokens.raw)
	}
	if r := p.userinfo(tokens.text("access_token")); r.status != http.StatusOK {
		t.Errorf("userinfo without a refresh token: %d %s", r.status, r.raw)
	}
}

// TestOAuthWithoutOpenID issues no ID token (OpenID Connect Core §3.1.2.1).
func TestOAuthWithoutOpenID(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	tokens := c.tokens(url.Values{"scope": {"phone"}})
	if tokens.body["id_token"] != nil || tokens.text("scope") != "phone" {
		t.Errorf("%s", tokens.raw)
	}
	p.refused(p.userinfo(tokens.text("access_token")), http.StatusForbidden, "insufficient_scope")
	// The only address may be left out, of both requests alike (RFC 6749 §3.1.2.3).
	code := c.code(url.Values{"scope": {"phone"}, "redirect_uri": nil})
	if r := p.redeem(code, url.Values{"redirect_uri": nil}); r.status != http.StatusOK {
		t.Errorf("without redirect_uri: %d %s", r.status, r.raw)
	}
	if r := c.authorize(url.Values{"redirect_uri": nil}); r.status != http.StatusBadRequest {
		t.Errorf("openid without redirect_uri: %d", r.status)
	}
}

// FuzzAuthorize: no query makes a fault or an answer to a foreign address.
func FuzzAuthorize(f *testing.F) {
	f.Add(request(nil).Encode())
	f.Add("client_id=bank&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code")
	f.Add("client_id=bank&client_id=bank")
	f.Add("client_id=%00&redirect_uri=%ff;a=b&&=")
	p := onSQLite(f)
	c := p.citizen()
	f.Fuzz(func(t *testing.T, query string) {
		p.t = t
		r := p.form("/oauth2/authorize", nil)
		r.Method = http.MethodGet
		r.URL.RawQuery = query
		for _, cookie := range c.cookies {
			r.AddCookie(cookie)
		}
		got := p.do(r)
		if location := got.header.Get("Location"); got.status >= 500 || location != "" && !strings.HasPrefix(location, callback) && !strings.HasPrefix(location, "/") {
			t.Errorf("%q: %d %q", query, got.status, location)
		}
	})
}
