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

// ask is what a service sends its citizen with.
func (c *citizen) ending(change url.Values) url.Values {
	c.p.t.Helper()
	return with(url.Values{"id_token_hint": {c.tokens(nil).text("id_token")}, "post_logout_redirect_uri": {goodbye}, "state": {"s t&a"}}, change)
}

// press posts the page of sign-out as the citizen's browser does.
func (c *citizen) press(form url.Values, headers ...string) reply {
	c.p.t.Helper()
	r := c.p.form("/oauth2/logout", form)
	r.Host = "id.example"
	for _, cookie := range c.cookies {
		r.AddCookie(cookie)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.p.do(r)
}

func (c *citizen) signedIn() bool {
	c.p.t.Helper()
	return c.authorize(url.Values{"prompt": {"none"}}).sent().Has("code")
}

func TestLogoutAsksFirst(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		c := p.citizen()
		ending := c.ending(nil)
		clock.Advance(idp.IDTokenLife) // the hint has expired
		page := p.get("/oauth2/logout?"+ending.Encode(), c.cookies...)
		data, _ := page.body["data"].(map[string]any)
		fields, _ := data["Fields"].([]any)
		if page.status != http.StatusOK || page.body["page"] != "logout" || data["Service"] != "Bank" || len(fields) != 3 {
			t.Fatalf("%d %s", page.status, page.raw)
		}
		if !c.signedIn() {
			t.Fatal("the request alone signed out")
		}
		stay := c.press(with(ending, url.Values{"decision": {"stay"}}), "Sec-Fetch-Site", "same-origin")
		if stay.status != http.StatusSeeOther || stay.header.Get("Location") != "/" || !c.signedIn() {
			t.Errorf("stay: %d %v", stay.status, stay.header)
		}
		done := c.press(with(ending, url.Values{"decision": {"sign-out"}}), "Sec-Fetch-Site", "same-origin")
		data, _ = done.body["data"].(map[string]any)
		if done.status != http.StatusOK || done.body["page"] != "finish" || data["URL"] != goodbye+"?state=s+t%26a" {
			t.Errorf("%d %s", done.status, done.raw)
		}
		cleared, rotated := false, false
		for _, cookie := range done.header.Values("Set-Cookie") {
			cleared = cleared || strings.HasPrefix(cookie, "__Host-session=;") && strings.Contains(cookie, "Max-Age=0")
			rotated = rotated || strings.HasPrefix(cookie, "__Host-browser=") && !strings.HasPrefix(cookie, "__Host-browser=;")
		}
		if !cleared || !rotated {
			t.Errorf("cookies: %q", done.header.Values("Set-Cookie"))
		}
		if c.signedIn() {
			t.Error("the old cookie still signs in")
		}
		if n := c.events(idp.EventSessionEnded); n != 1 {
			t.Errorf("%d events, want one", n)
		}
	})
}

// TestLogoutIsNotForged: what another site posts is a request, not an answer.
func TestLogoutIsNotForged(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	form := with(c.ending(nil), url.Values{"decision": {"sign-out"}})
	for name, headers := range map[string][]string{
		"across":           {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"from a neighbour": {"Sec-Fetch-Site", "same-site", "Origin", "https://evil.id.example"},
		"origin alone":     {"Origin", "https://evil.example"},
		"null origin":      {"Origin", "null"},
	} {
		r := c.press(form, headers...)
		if r.body["page"] != "logout" && r.status != http.StatusSeeOther || !c.signedIn() {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}
	if r := p.get("/oauth2/logout?"+form.Encode(), c.cookies...); r.body["page"] != "logout" || !c.signedIn() {
		t.Errorf("by GET: %d %s", r.status, r.raw)
	}
	if r := c.press(form, "Origin", "https://id.example"); r.body["page"] != "finish" || c.signedIn() {
		t.Errorf("our own: %d %s", r.status, r.raw)
	}
}

// TestLogoutRequests: what cannot be followed is told, never followed.
func TestLogoutRequests(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		p.service("other", nil)
		p.service("closed", func(c *idp.Client) { c.Status = idp.ClientDisabled })
		c := p.citizen()
		access := c.tokens(nil).text("access_token")
		for name, try := range map[string]struct {
			change url.Values
			text   string // of the error page; empty when the page asks
		}{
			"all":                     {nil, ""},
			"nothing":                 {url.Values{"id_token_hint": nil, "post_logout_redirect_uri": nil, "state": nil}, ""},
			"client_id agrees":        {url.Values{"client_id": {"bank"}}, ""},
			"client_id alone":         {url.Values{"client_id": {"bank"}, "id_token_hint": nil}, ""},
			"client_id differs":       {url.Values{"client_id": {"other"}}, "error.request"},
			"client_id unknown":       {url.Values{"client_id": {"nobody"}, "id_token_hint": nil}, "error.client_unknown"},
			"client_id with NUL":      {url.Values{"client_id": {"b\x00"}, "id_token_hint": nil}, "error.request"},
			"client_id not UTF-8":     {url.Values{"client_id": {"\xff"}, "id_token_hint": nil}, "error.request"},
			"service disabled":        {url.Values{"client_id": {"closed"}, "id_token_hint": nil}, "error.client_unknown"},
			"address of no service":   {url.Values{"id_token_hint": nil}, "error.redirect_uri"},
			"address unknown":         {url.Values{"post_logout_redirect_uri": {"https://evil.example/"}}, "error.redirect_uri"},
			"address with a query":    {url.Values{"post_logout_redirect_uri": {goodbye + "?x=1"}}, "error.redirect_uri"},
			"address for signing in":  {url.Values{"post_logout_redirect_uri": {callback}}, "error.redirect_uri"},
			"hint changed":            {url.Values{"id_token_hint": {"a.b.c"}}, "error.request"},
			"hint is an access token": {url.Values{"id_token_hint": {access}}, "error.request"},
			"a parameter twice":       {url.Values{"state": {"a", "b"}}, "error.request"},
			"long state":              {url.Values{"state": {strings.Repeat("s", 5000)}}, "error.request"},
		} {
			r := p.get("/oauth2/logout?"+c.ending(try.change).Encode(), c.cookies...)
			if try.text == "" && r.body["page"] != "logout" {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
			if try.text != "" && (r.status != http.StatusBadRequest || r.body["page"] != "error" || !strings.Contains(r.raw, `"`+try.text+`"`)) {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
		}
	})
}

// TestLogoutWithoutSession still goes on to the service, and needs no cookie.
func TestLogoutWithoutSession(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	form := with(c.ending(nil), url.Values{"decision": {"sign-out"}})
	c.cookies = nil
	if r := c.press(form, "Sec-Fetch-Site", "same-origin"); r.status != http.StatusOK || r.body["page"] != "finish" {
		t.Errorf("%d %s", r.status, r.raw)
	}
	if r := c.press(url.Values{"decision": {"sign-out"}}); r.status != http.StatusOK || r.body["page"] != "logged_out" {
		t.Errorf("%d %s", r.status, r.raw)
	}
}
