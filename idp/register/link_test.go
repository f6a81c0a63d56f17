package register_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

const address = "anna.testova@example.org"

// link is the path and the token of the link that was sent last.
func (s *site) link() (path, token string) {
	s.t.Helper()
	u, err := url.Parse(s.message(address).Link)
	s.must(err)
	if u.Scheme+"://"+u.Host != issuer || u.Query().Get("lang") != "ru" {
		s.t.Errorf("link of the e-mail: %s", u)
	}
	return u.RequestURI(), u.Query().Get("token")
}

// TestLinkInAnotherBrowser: the citizen gets to the service that sent them to the
// first browser.
func TestLinkInAnotherBrowser(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		first := s.browser()
		first.get("/authorize?state=abc")
		first.get("/register?flow="+first.flow()).contact(address).expect(http.StatusOK, "/register/code")
		path, token := s.link()

		t.Log("scanners that follow the link spend nothing")
		for range 3 {
			if p := page[ui.RegisterLink](s.browser().get(path)); p.Token != token {
				t.Fatalf("link page: %+v", p)
			}
		}
		phone := s.browser()
		phone.get(path).post("/register/link", url.Values{"token": {token}}).expect(http.StatusOK, "/register/password")
		s.browser().post("/register/link", url.Values{"token": {token}}).expect(http.StatusUnprocessableEntity, "/register/link")
		phone.password(goodPassword).expect(http.StatusOK, "/register/person")
		phone.person().expect(http.StatusOK, "/consent")
		phone.post("/consent", url.Values{}).expect(http.StatusOK, "/consent")
		if len(s.service.states) != 1 || s.service.states[0] != "abc" {
			t.Errorf("the service was answered %v", s.service.states)
		}
	})
}

// TestLinkLeavesTheFirstTabBehind: who typed somebody's address and waits for them
// to open the link gets no further.
func TestLinkLeavesTheFirstTabBehind(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	stranger := s.browser()
	stranger.get("/register").contact(address).expect(http.StatusOK, "/register/code")
	flow := stranger.flow()
	_, token := s.link()
	owner := s.browser()
	owner.post("/register/link", url.Values{"token": {token}}).expect(http.StatusOK, "/register/password")

	stranger.get("/register/password?flow="+flow).expect(http.StatusOK, "/register")
	if p := page[ui.RegisterContact](stranger); p.Notice.ID != ui.NoticeElsewhere {
		t.Errorf("first tab: %+v", p)
	}
	form := url.Values{"flow": {flow}, "password": {"Чужой-Пароль-77"}, "password2": {"Чужой-Пароль-77"}}
	stranger.post("/register/password", form).expect(http.StatusOK, "/register")
	owner.password(goodPassword).expect(http.StatusOK, "/register/person")
	stranger.get("/register/person?flow="+flow).expect(http.StatusOK, "/register")
	form = citizen()
	form.Set("flow", flow)
	stranger.post("/register/person", form).expect(http.StatusOK, "/register")
	owner.person().expect(http.StatusOK, "/account")
}

// TestLinkInAnotherTab: the tab that waits for the code goes on where the tab of the
// link is.
func TestLinkInAnotherTab(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		b := s.browser()
		b.get("/register").contact(address).expect(http.StatusOK, "/register/code")
		first := "?flow=" + url.QueryEscape(b.flow())
		_, token := s.link()
		b.do(http.MethodPost, "/register/link", url.Values{"token": {token}}.Encode()).expect(http.StatusOK, "/register/password")
		second := b.at.RequestURI()
		for _, path := range []string{"/register/code", "/register/password", "/register/person"} {
			b.get(path+first).expect(http.StatusOK, "/register/password")
		}
		b.get(second).password(goodPassword).expect(http.StatusOK, "/register/person")
		b.get("/register/code"+first).expect(http.StatusOK, "/register/person")
		b.get(second).expect(http.StatusOK, "/register/person")
		b.person()
		if s.account(idp.IdentifierEmail, address) == nil {
			t.Error("no account")
		}
	})
}

// TestLinkWhileCodesAreBlocked: wrong codes close the codes of a registration, but not
// the link that was sent with them.
func TestLinkWhileCodesAreBlocked(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		b := s.browser()
		b.get("/register").contact(address).expect(http.StatusOK, "/register/code")
		wrong := "000000"
		if s.message(address).Code == wrong {
			wrong = "000001"
		}
		for range 5 {
			b.post("/register/code", url.Values{"code": {wrong}}).expect(http.StatusUnprocessableEntity, "/register/code")
		}
		b.code(address).expect(http.StatusUnprocessableEntity, "/register/code")
		if p := page[ui.Code](b); p.Field.Error.ID != ui.CodeBlockedLink || p.BlockedFor == 0 {
			t.Errorf("blocked: %+v", p)
		}
		_, token := s.link()
		b.post("/register/link", url.Values{"token": {token}}).expect(http.StatusOK, "/register/password")
	})
}

func TestLinksOfNoUse(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(address).expect(http.StatusOK, "/register/code")
	path, token := s.link()
	for name, wrong := range map[string]string{
		"none": "", "long": strings.Repeat("x", 5000), "no token": "abc", "other secret": token[:len(token)-4] + "AAAA",
		"other id": "00000000-0000-0000-0000-000000000000" + token[36:], "not text": "\xff\x00.\xff",
	} {
		b.post("/register/link", url.Values{"token": {wrong}}).expect(http.StatusUnprocessableEntity, "/register/link")
		if p := page[ui.RegisterLink](b); p.Error.ID != ui.LinkInvalid || p.Token != "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	b.get("/register/link").expect(http.StatusUnprocessableEntity, "/register/link")

	t.Log("after 24 hours")
	clock.Advance(24*60*60*1e9 + 1e6)
	b.get(path).expect(http.StatusOK, "/register/link")
	b.post("/register/link", url.Values{"token": {token}}).expect(http.StatusUnprocessableEntity, "/register/link")

	t.Log("a newer message makes the older link void")
	b.get("/register").contact(address).expect(http.StatusOK, "/register/code")
	_, older := s.link()
	clock.Advance(2 * 60 * 1e9)
	b.post("/register/code", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/register/code")
	_, newer := s.link()
	if older == newer {
		t.Fatal("no new link")
	}
	b.post("/register/link", url.Values{"token": {older}}).expect(http.StatusUnprocessableEntity, "/register/link")
	b.post("/register/link", url.Values{"token": {newer}}).expect(http.StatusOK, "/register/password")
}

// TestServiceIsGone: a request that cannot be gone back to loses no registration.
func TestServiceIsGone(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/authorize")
	b.get("/register?flow="+b.flow()).contact(address).expect(http.StatusOK, "/register/code")
	_, token := s.link()
	_, err := db.Q(t.Context()).Exec(t.Context(), `DELETE FROM client`)
	s.must(err)
	s.forgetClients()
	other := s.browser()
	other.post("/register/link", url.Values{"token": {token}}).expect(http.StatusOK, "/register/password")
	other.password(goodPassword).person().expect(http.StatusOK, "/account")
	s.account(idp.IdentifierEmail, address)
}
