package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vhod/store/storetest"
)

// forms are every address that reads parameters, with their names.
var forms = map[string][]string{
	"POST /login/password":            {"flow", "login", "password"},
	"GET /login":                      {"flow", "lang", "ui_locales"},
	"GET /login/sms":                  {"flow"},
	"POST /login/sms":                 {"flow", "code", "action"},
	"GET /login/account":              {"flow"},
	"POST /login/account":             {"flow", "decision"},
	"GET /login/level":                {"flow"},
	"POST /login/level":               {"flow", "decision"},
	"GET /consent":                    {"flow"},
	"POST /consent":                   {"flow", "decision"},
	"GET /register":                   {"flow"},
	"POST /register":                  {"flow", "contact", "terms", "personal_data"},
	"GET /register/code":              {"flow"},
	"POST /register/code":             {"flow", "code", "action"},
	"GET /register/link":              {"token"},
	"POST /register/link":             {"token"},
	"POST /register/password":         {"flow", "password", "password2"},
	"POST /register/person":           {"flow", "surname", "name", "patronymic", "birth_date"},
	"GET /":                           {"done", "lang"},
	"GET /account":                    {"done"},
	"GET /account/sessions/end":       {"session"},
	"POST /account/sessions/end":      {"session"},
	"GET /account/services/withdraw":  {"service"},
	"POST /account/services/withdraw": {"service"},
	"GET /account/second-factor":      {"second_factor"},
	"POST /account/second-factor":     {"second_factor"},
	"POST /account/password":          {"password", "password2"},
	"GET /oauth2/authorize": {"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age", "acr_values",
		"login_hint", "id_token_hint", "ui_locales", "code_challenge", "code_challenge_method", "request", "request_uri", "registration", "claims", "display"},
	"POST /oauth2/token":      {"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret", "client_assertion", "client_assertion_type"},
	"POST /oauth2/introspect": {"token", "token_type_hint"},
	"POST /oauth2/revoke":     {"token", "token_type_hint"},
	"GET /oauth2/userinfo":    {"access_token"},
	"POST /oauth2/userinfo":   {"access_token"},
	"GET /oauth2/logout":      {"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "decision"},
	"POST /oauth2/logout":     {"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "decision"},
	"GET /help/x":             {"lang"},
	"GET /static/style.css":   {"v"},
}

// hostile are values that no page expects.
var hostile = []string{
	"", "x", strings.Repeat("A", 5000), strings.Repeat("Я", 20000), "\x00", "\xff\xfe", "\r\nSet-Cookie: a=b", "<script>alert(1)</script>", "' OR 1=1 --",
	"../../etc/passwd", "%00%ff", "-1", "99999999999999999999", "{}", "[]", "null", "\u202e\u200b", "~00000000-0000-0000-0000-000000000000", "AQAAAAE.AQAAAAE", "a.b.c.d.e.f",
	"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "https://evil.example", "//evil.example", "javascript:alert(1)",
}

// TestHostileParameters gives every parameter every hostile value, missing, once
// and twice, signed in and not: never a 500, markup or header of the stranger's.
func TestHostileParameters(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	signedIn := p.browser()
	p.signedIn(signedIn, nil)
	sent := 0
	for address, names := range forms {
		method, path, _ := strings.Cut(address, " ")
		for _, name := range names {
			for _, value := range hostile {
				for _, values := range [][]string{{value}, {value, value}} {
					for _, b := range []*browser{signedIn, p.browser()} {
						form := url.Values{name: values}
						if path == "/oauth2/authorize" && name != "client_id" && name != "redirect_uri" {
							form.Set("client_id", "bank")
							form.Set("redirect_uri", redirect)
						}
						hostileRequest(t, b, method, path, form)
						sent++
					}
				}
			}
		}
	}
	t.Logf("%d requests", sent)
}

func hostileRequest(t *testing.T, b *browser, method, path string, form url.Values) {
	t.Helper()
	address, body := b.p.url+path, form.Encode()
	if method == http.MethodGet {
		address, body = address+"?"+body, ""
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.p.url)
	}
	b.do(r)
	if b.status >= 500 || strings.Contains(b.body, "<script>alert") || strings.Contains(strings.Join(b.header.Values("Set-Cookie"), "\n"), "a=b") {
		t.Errorf("%s %s %.120q: %d\n%s", method, path, form, b.status, lastLine(b.p.log.String()))
	}
	if location := b.header.Get("Location"); strings.HasPrefix(location, "//") || strings.HasPrefix(location, "https://evil") || strings.HasPrefix(location, "javascript:") {
		t.Errorf("%s %s %.120q leads to %s", method, path, form, location)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestHostileBodies sends what is no form, or too much of one.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	for address := range forms {
		method, path, _ := strings.Cut(address, " ")
		if method != http.MethodPost {
			continue
		}
		for contentType, body := range map[string]string{
			"application/x-www-form-urlencoded":         "a=%zz&b=%",
			"application/json":                          `{"login":"a"}`,
			"multipart/form-data; boundary=x":           "--x\r\nContent-Disposition: form-data; name=\"flow\"\r\n\r\nx\r\n--x--",
			"multipart/form-data":                       "no boundary",
			"text/plain":                                strings.Repeat("x", 1000),
			"application/x-www-form-urlencoded; long=1": "flow=" + strings.Repeat("x", 1<<20),
			"": "login=a",
		} {
			r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", contentType)
			r.Header.Set("Origin", p.url)
			if b := p.browser().do(r); b.status >= 500 {
				t.Errorf("%s as %q: %d\n%s", address, contentType, b.status, lastLine(p.log.String()))
			}
		}
	}
}
