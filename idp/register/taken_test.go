package register_test

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

// TestContactThatHasAnAccount looks the same to who does not own it: pages,
// statuses, texts and round trips.
func TestContactThatHasAnAccount(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		s.existing("+79990000001")
		known, unknown := s.browser(), s.browser()
		same := func(what string, do func(b *browser, contact string)) {
			t.Helper()
			do(known, "+79990000001")
			do(unknown, "+79990000002")
			if known.status != unknown.status || known.at.Path != unknown.at.Path || known.trips != unknown.trips {
				t.Fatalf("%s: known %s %d in %d trips, unknown %s %d in %d", what,
					known.at.Path, known.status, known.trips, unknown.at.Path, unknown.status, unknown.trips)
			}
			if known.at.Path != "/register/code" {
				return
			}
			a, b := page[ui.Code](known), page[ui.Code](unknown)
			if a.Field.Error.ID != b.Field.Error.ID || a.TriesLeft != b.TriesLeft || a.Delivery != b.Delivery || a.ResendIn != b.ResendIn || a.Title.ID != b.Title.ID {
				t.Errorf("%s: known %+v, unknown %+v", what, a, b)
			}
		}
		same("contact", func(b *browser, contact string) { b.get("/register").contact(contact) })
		message := s.message("+79990000001")
		if message.Code != "" || s.message("+79990000002").Code == "" {
			t.Errorf("message to the owner: %+v", message)
		}
		wrong := "000000"
		if s.message("+79990000002").Code == wrong {
			wrong = "000001"
		}
		for range 3 {
			same("wrong code", func(b *browser, _ string) { b.post("/register/code", url.Values{"code": {wrong}}) })
		}
		same("no tries left", func(b *browser, _ string) { b.post("/register/code", url.Values{"code": {wrong}}) })
		same("too early", func(b *browser, _ string) { b.post("/register/code", url.Values{"action": {"resend"}}) })
		clock.Advance(2 * time.Minute)
		same("resend", func(b *browser, _ string) { b.post("/register/code", url.Values{"action": {"resend"}}) })
		same("blocked", func(b *browser, _ string) {
			for range 3 {
				b.post("/register/code", url.Values{"code": {wrong}})
			}
		})
		if p := page[ui.Code](known); p.Field.Error.ID != ui.CodeBlocked || p.BlockedFor == 0 {
			t.Errorf("after five wrong codes: %+v", p)
		}
		if n := s.count(`SELECT COUNT(*) FROM event WHERE name = $1`, string(idp.EventRegistrationAttempt)); n != 1 {
			t.Errorf("%d events of the attempt", n)
		}
	})
}

// TestTakenMeanwhile: the contact got an account on another way.
func TestTakenMeanwhile(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	late, later := s.browser(), s.browser()
	late.get("/register").contact(phone).code(phone).password(goodPassword).expect(http.StatusOK, "/register/person")
	clock.Advance(2 * time.Minute)
	later.get("/register").contact(phone).expect(http.StatusOK, "/register/code")
	code := s.message(phone).Code
	s.existing(phone)
	for name, b := range map[string]*browser{
		"at the end":  late.person().expect(http.StatusConflict, "/register/person"),
		"at the code": later.post("/register/code", url.Values{"code": {code}}).expect(http.StatusConflict, "/register/code"),
	} {
		if p := page[ui.RegisterContact](b); p.Contact.Error.ID != ui.RegisterTaken || p.Contact.Value != phone || p.LoginURL == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if n := s.count(`SELECT COUNT(*) FROM account`); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

// TestRaceToTheEnd: one form sent many times at once makes one account, and every
// answer is calm.
func TestRaceToTheEnd(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		b := s.browser()
		b.get("/register").contact(phone).code(phone).password(goodPassword).expect(http.StatusOK, "/register/person")
		const racers = 8
		all := make([]*browser, racers)
		var done sync.WaitGroup
		for i := range racers {
			one := *b
			one.cookies = map[string]*http.Cookie{}
			for name, cookie := range b.cookies {
				one.cookies[name] = cookie
			}
			all[i] = &one
			done.Go(func() { one.person() })
		}
		done.Wait()
		var signedIn int
		for _, one := range all {
			if one.status != http.StatusOK || !slices.Contains([]string{"/account", "/login", "/register"}, one.at.Path) {
				t.Errorf("a racer is at %s with %d: %s", one.at, one.status, one.body)
			}
			if one.at.Path == "/account" {
				signedIn++
			}
		}
		if n := s.count(`SELECT COUNT(*) FROM account`); n != 1 || signedIn != 1 {
			t.Errorf("%d accounts, %d signed in", n, signedIn)
		}
	})
}

// TestProofsOfOneAccountCountForNoOther: the password chosen for a new account
// proves nothing of the account that the browser is signed in to.
func TestProofsOfOneAccountCountForNoOther(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	victim := s.existing("+79990000001")
	b := s.browser()
	b.get("/login").post("/login/password", url.Values{"login": {"+79990000001"}}).expect(http.StatusOK, "/account")
	clock.Advance(idp.SudoWindow + time.Minute)
	before := b.sessionOf(victim).AuthTime
	window := int64(idp.SudoWindow.Seconds())
	s.sudo(&flow.Flow{Return: "/account", MaxAge: &window})

	t.Log("a registration in the tab that should ask for the victim's password")
	b.get("/sudo").expect(http.StatusOK, "/login")
	b.get("/register?flow="+b.flow()).contact(phone).code(phone).expect(http.StatusOK, "/register/password")
	b.get("/login?flow="+b.flow()).expect(http.StatusOK, "/login") // names the victim in the tab
	b.password(goodPassword).expect(http.StatusOK, "/register/person")
	b.get("/login?flow="+b.flow()).expect(http.StatusOK, "/login")
	if b.sessionOf(victim).AuthTime != before {
		t.Error("the new password refreshed the victim's session")
	}

	t.Log("and the victim's proofs make the new account no stronger")
	flow := b.flow()
	b.post("/register/person", func() url.Values { f := citizen(); f.Set("flow", flow); return f }()).expect(http.StatusOK, "/login")
	if made := s.account(idp.IdentifierPhone, phone); b.sessionOf(made) != nil {
		t.Error("signed in without a proof of its own")
	}
}

// sudo adds the stand-in of a page that wants a fresh proof.
func (s *site) sudo(f *flow.Flow) {
	s.echo.GET("/sudo", s.begin(f))
}

// TestStrangerWithTheSameContact: who begins a registration with somebody's contact,
// and guesses, takes neither code nor link from them.
func TestStrangerWithTheSameContact(t *testing.T) {
	t.Parallel()
	for name, prove := range map[string]func(owner *browser, code, link string) *browser{
		"code": func(owner *browser, code, _ string) *browser {
			return owner.post("/register/code", url.Values{"code": {code}})
		},
		"link": func(owner *browser, _, link string) *browser {
			return owner.post("/register/link", url.Values{"token": {link}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
				s := newSite(t, db, clock)
				owner := s.browser()
				owner.get("/register").contact(address).expect(http.StatusOK, "/register/code")
				code := s.message(address).Code
				_, link := s.link()
				clock.Advance(guard.ResendPause)
				stranger := s.browser()
				stranger.get("/register").contact(address).expect(http.StatusOK, "/register/code")
				for range 6 {
					stranger.post("/register/code", url.Values{"code": {"000000"}}).expect(http.StatusUnprocessableEntity, "/register/code")
				}
				prove(owner, code, link).expect(http.StatusOK, "/register/password")
			})
		})
	}
}
