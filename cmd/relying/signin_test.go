package relying

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSignIn(t *testing.T) {
	for _, each := range []struct{ name, auth, scope string }{
		{"bank", "client_secret_basic", "openid profile phone email offline_access"},
		{"state", "private_key_jwt", "openid profile snils level"},
	} {
		t.Run(each.name, func(t *testing.T) {
			st := newStage(t)
			if page := st.get("/" + each.name + "/"); !strings.Contains(page.body, `id="signin"`) || page.status != 200 {
				t.Fatalf("public page: %d %s", page.status, page.body)
			}
			page := st.get("/" + each.name + "/login")
			if page.url.Path != "/"+each.name+"/" || page.url.RawQuery != "" {
				t.Fatalf("arrived at %s: %s", page.url, page.body)
			}
			if got := page.element("name"); got != "Анна &lt;b&gt;Примерова&lt;/b&gt;" {
				t.Errorf("name %q", got)
			}
			if got := page.element("scope"); got != "<code>"+each.scope {
				t.Errorf("scope %q", got)
			}
			for _, claim := range []string{"at_hash", "nonce", "address", "phone_number_verified"} {
				if !strings.Contains(page.body, `data-claim="`+claim+`"`) {
					t.Errorf("claim %s is not shown", claim)
				}
			}
			if len(st.auths) != 1 || st.auths[0] != each.auth {
				t.Errorf("authenticated by %v", st.auths)
			}
			other := map[string]string{"bank": "/state/", "state": "/bank/"}[each.name]
			if !strings.Contains(st.get(other).body, `id="signin"`) {
				t.Error("one service's session opened the other")
			}
		})
	}
}

func TestResponseRefused(t *testing.T) {
	for _, each := range []struct {
		name   string
		status int
		reason string
		change func(url.Values)
	}{
		{"wrong state", 400, "error_state", func(q url.Values) { q.Set("state", random()) }},
		{"no state", 400, "error_state", func(q url.Values) { q.Del("state") }},
		{"doubled state", 400, "error_response", func(q url.Values) { q.Add("state", "x") }},
		{"wrong issuer", 400, "error_issuer", func(q url.Values) { q.Set("iss", "https://other.example") }},
		{"no issuer", 400, "error_issuer", func(q url.Values) { q.Del("iss") }},
		{"no code", 400, "error_response", func(q url.Values) { q.Del("code") }},
		{"foreign code", 502, "error_token", func(q url.Values) { q.Set("code", "x") }},
		{"denied", 403, "error_access_denied", func(q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("error_description", "the citizen refused")
		}},
		{"unknown error", 400, "error_answer", func(q url.Values) { q.Set("error", "odd<b>"); q.Set("error_description", "why<i>") }},
		{"error of a wrong issuer", 400, "error_issuer", func(q url.Values) { q.Set("error", "access_denied"); q.Set("iss", "x") }},
	} {
		t.Run(each.name, func(t *testing.T) {
			st := newStage(t)
			back := st.authorized("/bank/login")
			page := st.get(with(back, each.change))
			if page.status != each.status || page.reason() != each.reason {
				t.Fatalf("answered %d %q: %s", page.status, page.reason(), page.body)
			}
			if strings.Contains(page.body, "<b>") || strings.Contains(page.body, "<i>") {
				t.Error("the answer's own words are not escaped")
			}
			// What the provider says is for the developer: a person reads the sentence.
			if words, details, _ := strings.Cut(page.body, "<details>"); strings.Contains(words, "the citizen refused") || each.name == "denied" && !strings.Contains(details, "the citizen refused") {
				t.Errorf("the provider's words are not in the details: %s", page.body)
			}
			if each.name == "unknown error" && (page.element("error-code") != "odd&lt;b&gt;" || page.element("error-description") != "why&lt;i&gt;") {
				t.Errorf("code and description are not shown: %s", page.body)
			}
			if !strings.Contains(st.get("/bank/").body, `id="signin"`) {
				t.Error("signed in nevertheless")
			}
		})
	}
}

func TestIDTokenRefused(t *testing.T) {
	for name, each := range map[string]struct {
		login  string
		change func(*issuer)
	}{
		"wrong nonce":      {"", func(i *issuer) { i.claims["nonce"] = "another" }},
		"wrong at_hash":    {"", func(i *issuer) { i.claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }},
		"wrong audience":   {"", func(i *issuer) { i.claims["aud"] = "state" }},
		"wrong azp":        {"", func(i *issuer) { i.claims["azp"] = "state" }},
		"wrong issuer":     {"", func(i *issuer) { i.claims["iss"] = "https://other.example" }},
		"expired":          {"", func(i *issuer) { i.claims["exp"] = 1_700_000_000 }},
		"unknown key":      {"", func(i *issuer) { i.signs = newKey(i.t) }},
		"too long ago":     {"?max_age=600", func(*issuer) {}},
		"foreign userinfo": {"", func(i *issuer) { i.userSub = "2" }},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			back := st.authorized("/bank/login" + each.login)
			st.set(func() { each.change(st.issuer) })
			page := st.get(back.String())
			if page.status != http.StatusBadGateway || page.reason() != "error_proof" {
				t.Fatalf("answered %d %q: %s", page.status, page.reason(), page.body)
			}
		})
	}
}

func TestCallbackOnce(t *testing.T) {
	st := newStage(t)
	back := st.authorized("/bank/login").String()
	if page := st.get(back); page.element("name") == "" {
		t.Fatalf("first: %s", page.body)
	}
	if page := st.get(back); page.url.Path != "/bank/" || page.element("name") == "" || len(st.auths) != 1 {
		t.Errorf("second, signed in: %s, asked %d times: %s", page.url, len(st.auths), page.body)
	}
	st.ahead.Store(int64(sessionPeriod))
	if page := st.get(back); page.reason() != "error_state" {
		t.Errorf("third, signed out: %d %s", page.status, page.body)
	}
}

func TestTabs(t *testing.T) {
	st := newStage(t)
	var tabs []*url.URL
	for range maxAttempts + 2 {
		tabs = append(tabs, st.authorized("/bank/login"))
		st.ahead.Add(int64(time.Second)) // so that the oldest is known
	}
	for n, tab := range tabs {
		page := st.get(tab.String())
		if dropped := n < 2; dropped != (page.reason() == "error_state") {
			t.Errorf("tab %d: %d %q", n, page.status, page.reason())
		}
	}
}

func TestPassThrough(t *testing.T) {
	st := newStage(t)
	st.stay()
	page := st.get("/bank/login?prompt=login+consent&max_age=60&acr_values=urn:x&ui_locales=en&login_hint=a%40b.example&scope=all&redirect_uri=x")
	target, err := url.Parse(page.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := target.Query()
	for name, want := range map[string]string{
		"prompt": "login consent", "max_age": "60", "acr_values": "urn:x", "ui_locales": "en", "login_hint": "a@b.example",
		"scope": "openid profile phone email offline_access", "redirect_uri": st.base + "/bank/callback",
		"code_challenge_method": "S256", "response_type": "code",
	} {
		if len(q[name]) != 1 || q.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, q[name], want)
		}
	}
	for _, bad := range []string{"prompt=evil", "max_age=-1", "max_age=1&max_age=2", "acr_values=%3Cb%3E", "ui_locales=a_b", "login_hint=%00", "login_hint="} {
		if page := st.get("/bank/login?" + bad); page.status != 400 || page.reason() != "error_parameter" {
			t.Errorf("%s: %d %q", bad, page.status, page.reason())
		}
	}
}

func TestOtherNameOfThisMachine(t *testing.T) {
	st := newStage(t) // its base address says 127.0.0.1
	st.stay()
	port := st.base[strings.LastIndex(st.base, ":"):]
	page := st.get("http://localhost" + port + "/bank/login?prompt=login")
	if got := page.header.Get("Location"); got != st.base+"/bank/login?prompt=login" {
		t.Errorf("sent to %q", got)
	}
	if page.header.Get("Set-Cookie") != "" {
		t.Error("the sign-in was begun where it cannot end")
	}
}
