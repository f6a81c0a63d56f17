package account_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/password"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

func (b *browser) password(first, second string) *browser {
	b.s.t.Helper()
	return b.post("/account/password", url.Values{"password": {first}, "password2": {second}})
}

// proves tells whether a password is the account's.
func (s *site) proves(subject *store.Subject, typed string) bool {
	s.t.Helper()
	all, err := s.db.Credentials(s.t.Context(), subject, idp.CredentialPassword)
	s.must(err)
	if len(all) != 1 {
		s.t.Fatalf("%d password credentials", len(all))
	}
	ok, _, err := password.Verify(s.t.Context(), s.hasher, all[0], password.Normalize(typed))
	s.must(err)
	return ok
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject := s.person(phone, nil)
		here, there := s.signedIn(phone), s.signedIn(phone)
		here.password(newPassword, newPassword).expect(http.StatusOK, "/account/security")
		if p := page[ui.AccountSecurity](here); p.Notice.ID != ui.NoticePassword {
			t.Errorf("after the change: %+v", p)
		}
		if !s.proves(subject, newPassword) || s.proves(subject, oldPassword) {
			t.Error("the password is not the new one")
		}
		there.get("/account").expect(http.StatusOK, "/login")
		here.get("/account").expect(http.StatusOK, "/account")
		if s.read(subject).Account.SecurityVersion != 2 || s.events(subject, idp.EventPasswordChanged) != 1 {
			t.Error("not secured and written down once")
		}
		t.Log("the owner is told on every contact")
		_, err := s.jobs.Once(t.Context())
		s.must(err)
		for _, contact := range []string{subject.Profile.Phone, subject.Profile.Email} {
			all, err := db.Inbox(t.Context(), contact, time.Time{}, 10)
			s.must(err)
			if len(all) != 1 || strings.Contains(all[0].Text, newPassword) {
				t.Errorf("messages to a contact: %+v", all)
			}
		}
		t.Log("none of the former ones")
		for _, former := range []string{newPassword, oldPassword} {
			here.password(former, former).expect(http.StatusUnprocessableEntity, "/account/password")
			if p := page[ui.AccountPassword](here); len(p.Broken) != 1 || p.Broken[0].ID != ui.PasswordFormer {
				t.Errorf("a former password: %+v", p)
			}
		}
	})
}

func TestPasswordsRefused(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	subject := s.person(phone, nil)
	b := s.signedIn(phone)
	if p := page[ui.AccountPassword](b.get("/account/password")); p.Login != phone || !p.Error.IsZero() || len(p.Broken) != 0 {
		t.Errorf("page: %+v", p)
	}
	for _, one := range []struct{ first, second, problem, broken string }{
		{"", "", ui.PasswordEmpty, ""},
		{newPassword, "", ui.PasswordsDiffer, ""},
		{newPassword, strings.ToUpper(newPassword), ui.PasswordsDiffer, ""},
		{"Коротко-7", "Коротко-7", "", ui.PasswordTooShort},
		{"Рыжий-тестов-48", "Рыжий-тестов-48", "", ui.PasswordPersonal},
		{"Рыжий-Тополь-1990", "Рыжий-Тополь-1990", "", ui.PasswordPersonal},
		{"Рыжий-9990000001", "Рыжий-9990000001", "", ui.PasswordPersonal},
		{"\xff", "\xff", "", ui.PasswordTooLong},
	} {
		b.password(one.first, one.second).expect(http.StatusUnprocessableEntity, "/account/password")
		p := page[ui.AccountPassword](b)
		if p.Error.ID != one.problem || one.broken != "" != slices.ContainsFunc(p.Broken, func(r ui.Text) bool { return r.ID == one.broken }) {
			t.Errorf("%q, %q: %+v", one.first, one.second, p)
		}
		if one.first != "" && strings.Contains(b.body, one.first) {
			t.Errorf("%q: the page repeats the password", one.first)
		}
	}
	if !s.proves(subject, oldPassword) || s.events(subject, idp.EventPasswordChanged) != 0 {
		t.Error("a refused password was kept")
	}
}

// TestRaceOfPasswords: of changes at the same time one is kept, and the browsers
// of the others are signed out.
func TestRaceOfPasswords(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject := s.person(phone, nil)
		all := map[string]*browser{}
		for _, bird := range []string{"Дрозд", "Сорока", "Зяблик", "Кулик"} {
			all["Рыжий-"+bird+"-48"] = s.signedIn(phone)
		}
		var done sync.WaitGroup
		for typed, b := range all {
			done.Go(func() { b.password(typed, typed) })
		}
		done.Wait()
		won := 0
		for typed, b := range all {
			switch {
			case b.status == http.StatusOK && b.at.Path == "/account/security":
				won++
				if !s.proves(subject, typed) {
					t.Error("the password of the winner is not kept")
				}
				b.get("/account").expect(http.StatusOK, "/account")
			case b.status != http.StatusOK || b.at.Path != "/login":
				t.Errorf("a loser is at %s with %d: %s", b.at, b.status, b.body)
			}
		}
		if won != 1 || s.read(subject).Account.SecurityVersion != 2 || s.events(subject, idp.EventPasswordChanged) != 1 {
			t.Errorf("%d winners", won)
		}
	})
}
