package register_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

// TestContactAgainWithinThePause: a new tab of the browser gets to the code page,
// where the code sent last is good.
func TestContactAgainWithinThePause(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		s.existing("+79990000001")
		for _, contact := range []string{phone, "+79990000001"} {
			b := s.browser()
			b.get("/authorize?state=abc")
			b.get("/register?flow="+b.flow()).contact(contact).expect(http.StatusOK, "/register/code")
			s.message(contact)
			clock.Advance(20 * time.Second)
			b.get("/register").contact(contact).expect(http.StatusOK, "/register/code")
			if p := page[ui.Code](b); p.Notice.ID != ui.NoticeCodeStill || p.ResendIn != 40*time.Second || !p.Field.Error.IsZero() {
				t.Errorf("%s again: %+v", contact, p)
			}
			if n := s.count(`SELECT COUNT(*) FROM job`); n != s.count(`SELECT COUNT(*) FROM registration`) {
				t.Errorf("%d messages", n)
			}
			t.Log("a browser that holds no registration of the contact is told to wait")
			other := s.browser()
			other.get("/register").contact(contact).expect(http.StatusTooManyRequests, "/register")
		}

		t.Log("the code and the service of the first tab are kept")
		b := s.browser()
		clock.Advance(time.Minute)
		b.get("/authorize?state=def")
		b.get("/register?flow="+b.flow()).contact(phone).expect(http.StatusOK, "/register/code")
		first := b.flow()
		b.get("/register").contact(phone).expect(http.StatusOK, "/register/code")
		b.code(phone).expect(http.StatusOK, "/register/password")
		second := b.at.RequestURI()
		b.get("/register/code?flow="+url.QueryEscape(first)).expect(http.StatusOK, "/register/password")
		b.get(second).password(goodPassword).person().expect(http.StatusOK, "/consent")
		b.post("/consent", url.Values{})
		if len(s.service.states) != 1 || s.service.states[0] != "def" {
			t.Errorf("the service was answered %v", s.service.states)
		}
	})
}

// TestLongerPause: after some messages the pause is longer, and the page knows it
// once it was met.
func TestLongerPause(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(phone).expect(http.StatusOK, "/register/code")
	for range 2 {
		clock.Advance(time.Minute)
		b.post("/register/code", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/register/code")
	}
	clock.Advance(time.Minute)
	b.post("/register/code", url.Values{"action": {"resend"}}).expect(http.StatusTooManyRequests, "/register/code")
	want := page[ui.Code](b).ResendIn
	b.get("/register/code?flow=" + url.QueryEscape(b.flow()))
	if p := page[ui.Code](b); want <= time.Minute || p.ResendIn != want {
		t.Errorf("after a reload %s, want %s", p.ResendIn, want)
	}
}

// TestAnotherCodeInAnotherTab: every tab takes the code sent last, and counts down
// to the next.
func TestAnotherCodeInAnotherTab(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(phone).expect(http.StatusOK, "/register/code")
	first := b.flow()
	s.message(phone)
	b.get("/register").contact(phone).expect(http.StatusOK, "/register/code")
	clock.Advance(61 * time.Second)
	b.post("/register/code", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/register/code")
	b.get("/register/code?flow="+url.QueryEscape(first)).expect(http.StatusOK, "/register/code")
	if p := page[ui.Code](b); p.ResendIn != time.Minute {
		t.Errorf("first tab: %+v", p)
	}
	b.code(phone).expect(http.StatusOK, "/register/password")
	t.Log("within the pause the step that was reached is gone on with")
	clock.Advance(10 * time.Second)
	b.get("/register").contact(phone).expect(http.StatusOK, "/register/password")
	if p := page[ui.RegisterPassword](b); p.Notice.ID != ui.NoticeResumed {
		t.Errorf("again: %+v", p)
	}
}

// TestAnotherTabShowsNoNames: who types a contact again in a browser that a
// registration of it goes on in reads nothing of the person there.
func TestAnotherTabShowsNoNames(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		b := s.browser()
		b.get("/register").contact(phone).expect(http.StatusOK, "/register/code")
		b.code(phone).password(goodPassword).expect(http.StatusOK, "/register/person")
		typed := url.Values{"surname": {"Тестова"}, "name": {"Анна"}, "patronymic": {"Петровна"}, "birth_date": {"вчера"}}
		b.post("/register/person", typed).expect(http.StatusUnprocessableEntity, "/register/person")
		first := b.flow()

		t.Log("the tab that held it keeps them")
		b.get("/register?flow="+url.QueryEscape(first)).contact(phone).expect(http.StatusOK, "/register/person")
		if p := page[ui.RegisterPerson](b); p.Surname.Value != "Тестова" || p.Notice.ID != ui.NoticeResumed {
			t.Errorf("the same tab: %+v", p)
		}
		b.get("/register").contact(phone).expect(http.StatusOK, "/register/person")
		if p := page[ui.RegisterPerson](b); p.Surname.Value+p.Name.Value+p.Patronymic.Value+p.BirthDate.Value != "" || !p.Notice.IsZero() {
			t.Errorf("another tab: %+v", p)
		}
	})
}
