package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// TestDoublePress: of two presses at the same time the second, which comes with the
// cookies of before, leaves the browser signed in.
func TestDoublePress(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		p.person("+79990000001", nil)
		b := p.browser()
		b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/account")
		clock.Advance(idp.SudoWindow + time.Second)
		b.get("/account/password").expect(http.StatusOK, "/login")
		before, flow := b.cookies(), b.flow()
		b.post("/login/password", url.Values{"password": {testPassword}}).expect(http.StatusOK, "/account/password")
		second := p.browser()
		second.client.Jar.SetCookies(b.at.ResolveReference(&url.URL{Path: "/"}), before)
		second.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		second.post("/login/password", url.Values{"flow": {flow}, "password": {testPassword}})
		if set := second.header.Values("Set-Cookie"); len(set) != 0 {
			t.Errorf("the second press changes cookies: %v", set)
		}
		late := p.browser()
		late.client.Jar.SetCookies(b.at.ResolveReference(&url.URL{Path: "/"}), before)
		late.client.CheckRedirect = second.client.CheckRedirect
		if late.get("/account"); len(late.header.Values("Set-Cookie")) != 0 {
			t.Errorf("a page in flight changes cookies: %v", late.header.Values("Set-Cookie"))
		}
		b.get("/account").expect(http.StatusOK, "/account")
	})
}

// TestEndedFromAnotherDevice: a flow sent twice does not keep a browser from being
// stopped from elsewhere.
func TestEndedFromAnotherDevice(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		b := p.browser()
		b.get("/login")
		flow := b.flow()
		b.signIn("+79990000001").expect(http.StatusOK, "/account")
		b.post("/login/password", url.Values{"flow": {flow}, "login": {"+79990000001"}, "password": {testPassword}})
		clock.Advance(time.Second)
		b.get(authorizeURL(url.Values{"prompt": {"login consent"}})).expect(http.StatusOK, "/login")
		b.post("/login/password", url.Values{"login": {"+79990000001"}, "password": {testPassword}}).expect(http.StatusOK, "/consent")
		var account int64
		var session []byte
		if err := db.Q(t.Context()).QueryRow(t.Context(), `SELECT account_id, session_id FROM session WHERE ended_at = 0`).Scan(&account, &session); err != nil {
			t.Fatal(err)
		}
		if err := db.EndSession(t.Context(), idp.OID(account), [16]byte(session), clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.post("/consent", url.Values{"decision": {"allow"}}).expect(http.StatusOK, "/login")
	})
}

// TestFormOfAnotherAccount: a form left open in a tab changes nobody else's account.
func TestFormOfAnotherAccount(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	p.person("+79990000001", nil)
	p.person("+79990000002", nil)
	b := p.browser()
	b.get("/login").signIn("+79990000001").get("/account/password").expect(http.StatusOK, "/account/password")
	whose := forField.FindStringSubmatch(b.body)[1]
	b.post("/account/sign-out", url.Values{})
	b.get("/login").signIn("+79990000002").expect(http.StatusOK, "/account")
	for path, form := range map[string]url.Values{
		"/account/password":         {"password": {"Другой-Пароль-55"}, "password2": {"Другой-Пароль-55"}},
		"/account/sessions/end-all": {},
		"/account/second-factor":    {"second_factor": {"sms"}},
	} {
		form.Set("for", whose)
		b.post(path, form).expect(http.StatusOK, "/account")
		if !strings.Contains(b.body, "Ничего не изменено") {
			t.Errorf("%s: %s", path, b.body)
		}
	}
	p.browser().get("/login").signIn("+79990000002").expect(http.StatusOK, "/account")
	b.get("/account").expect(http.StatusOK, "/account")
}

// TestWithoutTheBindingCookie: who comes without it is bound to nothing that others
// share.
func TestWithoutTheBindingCookie(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	p.person("+79990000001", nil)
	for n := range 3 {
		b := p.browser()
		flow := b.get("/login").flow()
		bare := p.browser()
		bare.post("/login/password", url.Values{"flow": {flow}, "login": {"+79990000001"}, "password": {testPassword}})
		if bare.at.Path != "/account" {
			t.Errorf("time %d: at %s", n, bare.at)
		}
	}
}

// TestFloodOfLongRequests: what strangers can have stored is bounded.
func TestFloodOfLongRequests(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	long := authorizeURL(url.Values{"state": {strings.Repeat("s", 2000)}})
	kept := 0
	for ; kept < 1300 && p.browser().get(long).status == http.StatusOK; kept++ {
	}
	if kept < 1200 || kept == 1300 {
		t.Errorf("%d requests were kept", kept)
	}
	p.browser().get(authorizeURL(nil)).expect(http.StatusOK, "/login")
}

// TestCodeOnlyAfterAProofOrAPress: a site that sends a signed-in person for a second
// factor has no message sent to them.
func TestCodeOnlyAfterAProofOrAPress(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	b := p.browser()
	b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/account")
	b.get(authorizeURL(url.Values{"acr_values": {"urn:vhod:acr:simplified:mfa"}})).expect(http.StatusOK, "/login/sms")
	messages := func() (n int64) {
		if err := db.Q(t.Context()).QueryRow(t.Context(), `SELECT count(*) FROM job`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := messages(); n != 0 || !strings.Contains(b.body, "Отправить код") {
		t.Errorf("%d messages: %s", n, b.body)
	}
	b.post("/login/sms", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/login/sms")
	if n := messages(); n != 1 {
		t.Errorf("%d messages after a press", n)
	}
}

// TestRightCodeTwice: whoever presses twice is where the first press led.
func TestRightCodeTwice(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		p.person("+79990000001", withSMS)
		b := p.browser()
		b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/login/sms")
		before, form := b.cookies(), url.Values{"flow": {b.flow()}, "code": {p.code("+79990000001")}}
		b.post("/login/sms", form).expect(http.StatusOK, "/account")
		second := p.browser()
		second.client.Jar.SetCookies(b.at.ResolveReference(&url.URL{Path: "/"}), before)
		second.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		second.post("/login/sms", form)
		if second.status != http.StatusSeeOther || len(second.header.Values("Set-Cookie")) != 0 {
			t.Fatalf("the second press: %d, %v", second.status, second.header)
		}
		b.get(second.header.Get("Location")).expect(http.StatusOK, "/account")
	})
}
