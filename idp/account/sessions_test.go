package account_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

func TestEndOneSession(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject, stranger := s.person(phone, nil), s.person("+79990000002", nil)
		first := s.signedIn(phone)
		clock.Advance(time.Minute)
		second := s.browser()
		second.agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
		second.get("/account").signIn(phone)
		other := s.signedIn("+79990000002")

		all := page[ui.AccountSessions](first.get("/account/sessions")).Sessions
		if len(all) != 2 || all[0].Device != "Chrome · Windows" || all[0].Current || !all[1].Current || all[1].ID != first.session().ID.String() {
			t.Fatalf("sessions: %+v", all)
		}

		t.Log("nobody ends another's, and is told nothing of it")
		first.post("/account/sessions/end", url.Values{"session": {other.session().ID.String()}}).expect(http.StatusOK, "/account/sessions")
		other.get("/account").expect(http.StatusOK, "/account")
		if s.events(stranger, idp.EventSessionEnded)+s.events(subject, idp.EventSessionEnded) != 0 {
			t.Error("what did not happen was written down")
		}
		for _, id := range []string{"", "x", "\x00"} {
			first.post("/account/sessions/end", url.Values{"session": {id}}).expect(http.StatusBadRequest, "/account/sessions/end")
		}

		t.Log("the own ones end")
		first.post("/account/sessions/end", url.Values{"session": {all[0].ID}}).expect(http.StatusOK, "/account/sessions")
		if p := page[ui.AccountSessions](first); len(p.Sessions) != 1 || p.Notice.ID != ui.NoticeSessionEnded {
			t.Errorf("after the end of one: %+v", p)
		}
		second.get("/account").expect(http.StatusOK, "/login")
		if s.events(subject, idp.EventSessionEnded) != 1 {
			t.Error("the end of a session was not written down once")
		}
		t.Log("this one is a sign-out")
		first.post("/account/sessions/end", url.Values{"session": {all[1].ID}}).expect(http.StatusOK, "/")
		first.get("/account").expect(http.StatusOK, "/login")
	})
}

// TestEndAllSessions: everywhere, here too, and what is in progress does not finish.
func TestEndAllSessions(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject := s.person(phone, func(n *store.NewPerson) { n.Account.SecondFactor = idp.SecondFactorSMS })
		s.person("+79990000002", nil)
		here, there, half, other := s.signedIn(phone), s.signedIn(phone), s.browser(), s.signedIn("+79990000002")
		half.get("/account").post("/login/password", url.Values{"login": {phone}}).expect(http.StatusOK, "/login/sms")

		here.post("/account/sessions/end-all", url.Values{}).expect(http.StatusOK, "/")
		if here.session() != nil {
			t.Error("the browser keeps its cookie")
		}
		here.get("/account").expect(http.StatusOK, "/login")
		there.get("/account").expect(http.StatusOK, "/login")
		half.post("/login/sms", url.Values{}).expect(http.StatusOK, "/login")
		other.get("/account").expect(http.StatusOK, "/account")
		if s.read(subject).Account.SecurityVersion != 2 || s.events(subject, idp.EventSessionsEnded) != 1 {
			t.Error("not secured once")
		}
	})
}

// TestEndOtherSessions: this one goes on, and nothing else does.
func TestEndOtherSessions(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject := s.person(phone, nil)
		here, there := s.signedIn(phone), s.signedIn(phone)
		if p := page[ui.AccountConfirm](here.get("/account/sessions/end-others")); p.Change != "sessions_others" || p.Action != "/account/sessions/end-others" {
			t.Errorf("asked as %+v", p)
		}
		here.post("/account/sessions/end-others", url.Values{}).expect(http.StatusOK, "/account/sessions")
		if p := page[ui.AccountSessions](here); p.Notice.ID != ui.NoticeOthersEnded || len(p.Sessions) != 1 || !p.Sessions[0].Current {
			t.Errorf("page: %+v", p)
		}
		there.get("/account").expect(http.StatusOK, "/login")
		if s.read(subject).Account.SecurityVersion != 2 || s.events(subject, idp.EventSessionsEnded) != 1 {
			t.Error("not secured once")
		}
	})
}
