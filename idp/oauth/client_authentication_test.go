package oauth_test

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// ask is a request for a service's own token, without credentials.
func ask() url.Values { return url.Values{"grant_type": {"client_credentials"}, "scope": {"reports"}} }

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		odd := "s:p%c +e/т"
		p.service("poster", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthPost })
		p.service("odd", func(c *idp.Client) { sum := sha256.Sum256([]byte(odd)); c.SecretHash = sum[:] })
		p.service("disabled", func(c *idp.Client) { c.Status = idp.ClientDisabled })
		p.service("secretless", func(c *idp.Client) { c.SecretHash = nil })
		p.service("public", func(c *idp.Client) { c.TokenEndpointAuthMethod, c.SecretHash = idp.AuthNone, nil })
		basic := func(id, secret string) string {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.SetBasicAuth(id, secret)
			return r.Header.Get("Authorization")
		}
		body := func(id, secret string) url.Values { return url.Values{"client_id": {id}, "client_secret": {secret}} }
		for name, c := range map[string]struct {
			header string
			form   url.Values
			status int
			code   string
		}{
			"basic":                          {basic("bank", secret), nil, 200, ""},
			"basic, client_id repeated":      {basic("bank", secret), url.Values{"client_id": {"bank"}}, 200, ""},
			"basic, form-encoded":            {basic("odd", url.QueryEscape(odd)), nil, 200, ""},
			"post":                           {"", body("poster", secret), 200, ""},
			"wrong secret":                   {basic("bank", "x"), nil, 401, "invalid_client"},
			"empty secret":                   {basic("bank", ""), nil, 401, "invalid_client"},
			"empty secret of one without":    {basic("secretless", ""), nil, 401, "invalid_client"},
			"not form-encoded":               {basic("odd", "%zz"), nil, 401, "invalid_client"},
			"unknown":                        {basic("nobody", secret), nil, 401, "invalid_client"},
			"disabled":                       {basic("disabled", secret), nil, 401, "invalid_client"},
			"basic of one who posts":         {basic("poster", secret), nil, 401, "invalid_client"},
			"post of one by basic":           {"", body("bank", secret), 401, "invalid_client"},
			"none of one with a secret":      {"", url.Values{"client_id": {"bank"}}, 401, "invalid_client"},
			"basic of a public one":          {basic("public", ""), nil, 401, "invalid_client"},
			"a public one has no such grant": {"", url.Values{"client_id": {"public"}}, 400, "unauthorized_client"},
			"nobody":                         {"", nil, 401, "invalid_client"},
			"two methods":                    {basic("bank", secret), body("bank", secret), 400, "invalid_request"},
			"two names":                      {basic("bank", secret), url.Values{"client_id": {"poster"}}, 401, "invalid_client"},
			"bearer":                         {"Bearer x", url.Values{"client_id": {"bank"}}, 401, "invalid_client"},
			"broken basic":                   {"Basic !!!", nil, 401, "invalid_client"},
			"NUL":                            {"", body("\x00", secret), 401, "invalid_client"},
			"NUL by basic":                   {basic("%00", secret), nil, 401, "invalid_client"},
			"not UTF-8":                      {"", body("\xff\xfe", secret), 401, "invalid_client"},
			"long":                           {"", body(strings.Repeat("a", 10000), secret), 401, "invalid_client"},
		} {
			r := p.form("/oauth2/token", with(ask(), c.form))
			if c.header != "" {
				r.Header.Set("Authorization", c.header)
			}
			got := p.do(r)
			if got.status != c.status || got.text("error") != c.code {
				t.Errorf("%s: %d %s, want %d %s", name, got.status, got.raw, c.status, c.code)
			}
			if got.status == http.StatusUnauthorized && !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic realm=") { // RFC 6749 §5.2
				t.Errorf("%s: WWW-Authenticate %q", name, got.header.Get("WWW-Authenticate"))
			}
			if strings.ContainsFunc(got.text("error_description"), func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) { // RFC 6749 §5.2
				t.Errorf("%s: error_description %q", name, got.text("error_description"))
			}
			if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Pragma") != "no-cache" {
				t.Errorf("%s may be cached: %v", name, got.header)
			}
		}
	})
}

// TestDefect7SecretsAreCheap: a generated secret needs no slow hash.
func TestDefect7SecretsAreCheap(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if r := p.call("/oauth2/token", ask()); r.status != http.StatusOK {
				b.Fatal(r.raw)
			}
		}
	})
	if took := time.Duration(r.NsPerOp()); took > 20*time.Millisecond {
		t.Errorf("client_credentials takes %v", took)
	}
}

func TestTokenRequestForm(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	for name, c := range map[string]struct {
		kind, body, query string
		code              string
	}{
		"multipart":           {"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n", "", "invalid_request"},
		"json":                {"application/json", `{"grant_type":"client_credentials"}`, "", "invalid_request"},
		"no type":             {"", "grant_type=client_credentials", "", "invalid_request"},
		"doubled":             {"application/x-www-form-urlencoded", "grant_type=client_credentials&grant_type=refresh_token", "", "invalid_request"},
		"empty":               {"application/x-www-form-urlencoded", "", "", "invalid_request"},
		"broken":              {"application/x-www-form-urlencoded", "grant_type=%zz", "", "invalid_request"},
		"no grant":            {"application/x-www-form-urlencoded; charset=utf-8", "scope=reports", "", "invalid_request"},
		"in query":            {"application/x-www-form-urlencoded", "scope=reports", "?grant_type=client_credentials", "invalid_request"},
		"secret in the query": {"application/x-www-form-urlencoded", "grant_type=client_credentials", "?client_secret=x", "invalid_request"},
		// Defect 6: not invalid_request.
		"unknown grant": {"application/x-www-form-urlencoded", "grant_type=password", "", "unsupported_grant_type"},
		"two grants":    {"application/x-www-form-urlencoded", "grant_type=authorization_code+refresh_token", "", "unsupported_grant_type"},
		"no code":       {"application/x-www-form-urlencoded", "grant_type=authorization_code", "", "invalid_request"},
		"no refresh":    {"application/x-www-form-urlencoded", "grant_type=refresh_token", "", "invalid_request"},
		"foreign code":  {"application/x-www-form-urlencoded", "grant_type=authorization_code&code=x", "", "invalid_grant"},
		"long code":     {"application/x-www-form-urlencoded", "grant_type=authorization_code&code=" + strings.Repeat("A", 40000), "", "invalid_request"},
		"foreign token": {"application/x-www-form-urlencoded", "grant_type=refresh_token&refresh_token=" + strings.Repeat("A", 74), "", "invalid_grant"},
	} {
		r := p.form("/oauth2/token"+c.query, nil)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(c.body)), int64(len(c.body))
		r.Header.Set("Content-Type", c.kind)
		r.SetBasicAuth("bank", secret)
		if got := p.do(r); got.status != http.StatusBadRequest || got.text("error") != c.code {
			t.Errorf("%s: %d %s, want %s", name, got.status, got.raw, c.code)
		}
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	p.service("other", func(c *idp.Client) { c.GrantTypes = []string{"authorization_code"} })
	r := p.call("/oauth2/token", ask())
	header, claims := decode(t, r.text("access_token"))
	if r.status != http.StatusOK || r.text("scope") != "reports" || r.body["refresh_token"] != nil || r.body["id_token"] != nil {
		t.Errorf("%d %s", r.status, r.raw)
	}
	if header["typ"] != "at+jwt" || claims["sub"] != "bank" || claims["client_id"] != "bank" || claims["auth_time"] != nil {
		t.Errorf("%v %v", header, claims)
	}
	p.refused(p.call("/oauth2/token", with(ask(), url.Values{"scope": {"openid"}})), http.StatusBadRequest, "invalid_scope")
	p.refused(p.call("/oauth2/token", with(ask(), url.Values{"scope": {"report"}})), http.StatusBadRequest, "invalid_scope")
	// A token of a service alone reads nobody.
	p.refused(p.userinfo(r.text("access_token")), http.StatusForbidden, "insufficient_scope")
	other := p.form("/oauth2/token", ask())
	other.SetBasicAuth("other", secret)
	p.refused(p.do(other), http.StatusBadRequest, "unauthorized_client")
}
