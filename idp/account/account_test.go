package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

const phone = "+79990000001"

// posts are every form of the own account but sign-out, with the page that is come
// back to when it is sent without a proof.
var posts = []struct {
	path, page string
	form       url.Values
}{
	{"/account/sessions/end", "/account/sessions", url.Values{"session": {"00000000-0000-4000-8000-000000000000"}}},
	{"/account/sessions/end-all", "/account/sessions/end-all", url.Values{}},
	{"/account/services/withdraw", "/account/services", url.Values{"service": {"bank"}}},
	{"/account/second-factor", "/account/second-factor", url.Values{"second_factor": {"sms"}}},
	{"/account/password", "/account/password", url.Values{"password": {newPassword}, "password2": {newPassword}}},
}

func TestPagesWantASignIn(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	subject := s.person(phone, nil)
	for _, path := range []string{"/account", "/account/profile", "/account/sessions", "/account/services", "/account/security", "/account/password"} {
		s.browser().get(path+"?done=password").signIn(phone).expect(http.StatusOK, path)
	}
	for _, one := range posts {
		s.browser().post(one.path, one.form).signIn(phone).expect(http.StatusOK, one.page)
	}
	if again := s.read(subject); again.Account.SecurityVersion != 1 || again.Account.SecondFactor != idp.SecondFactorOff {
		t.Errorf("a form sent by nobody changed the account: %+v", again.Account)
	}
}

// TestChangesWantAFreshProof: eleven minutes after the password, pages show and
// forms lead to the password and back.
func TestChangesWantAFreshProof(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject := s.person(phone, nil)
		b := s.signedIn(phone)
		b.get("/authorize/bank").post("/consent", url.Values{})
		clock.Advance(idp.SudoWindow + time.Second)
		for _, path := range []string{"/account", "/account/profile", "/account/sessions", "/account/services", "/account/security"} {
			b.get(path).expect(http.StatusOK, path)
		}
		b.get("/account/password").expect(http.StatusOK, "/login")
		for _, one := range posts {
			b.post(one.path, one.form).expect(http.StatusOK, "/login")
		}
		if again := s.read(subject); again.Account.SecurityVersion != 1 || again.Account.SecondFactor != idp.SecondFactorOff || len(again.Consent.Scopes) == 0 {
			t.Errorf("a form without a fresh proof changed the account: %+v", again)
		}
		b.signIn(phone).expect(http.StatusOK, "/account/password")
		b.post("/account/second-factor", url.Values{"second_factor": {"sms"}}).expect(http.StatusOK, "/login/sms")
		if s.read(subject).Account.SecondFactor != idp.SecondFactorSMS {
			t.Error("a form with a fresh proof changed nothing")
		}
		t.Log("a service's sign-in a moment ago is a fresh proof too, single sign-on is none")
		clock.Advance(idp.SudoWindow + time.Second)
		b.get("/authorize/bank")
		b.post("/account/second-factor", url.Values{"second_factor": {"off"}}).expect(http.StatusOK, "/login")
	})
}

// TestPagesWantTheSecondFactor: a session of the password alone, for a service or
// from before the second factor was wanted, opens no page of the own account.
func TestPagesWantTheSecondFactor(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"by choice": `UPDATE account SET second_factor = 'sms'`,
		"by level":  `UPDATE account SET level = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, clock := storetest.Open(t, storetest.SQLite)
			s := newSite(t, db, clock)
			s.person(phone, nil)
			b := s.signedIn(phone)
			_, err := db.Q(t.Context()).Exec(t.Context(), want)
			s.must(err)
			for _, path := range []string{"/account", "/account/profile", "/account/sessions", "/account/services", "/account/security", "/account/password"} {
				b.get(path).expect(http.StatusOK, "/login/sms")
			}
			for _, one := range posts {
				b.post(one.path, one.form).expect(http.StatusOK, "/login/sms")
			}
			t.Log("the code alone is enough, and comes back")
			b.get("/account/profile").post("/login/sms", url.Values{}).expect(http.StatusOK, "/account/profile")
			b.get("/account/password").expect(http.StatusOK, "/account/password")
		})
	}
	t.Run("without a phone for it", func(t *testing.T) {
		t.Parallel()
		db, clock := storetest.Open(t, storetest.SQLite)
		s := newSite(t, db, clock)
		s.person(phone, func(n *store.NewPerson) {
			n.Profile.PhoneVerifiedAt, n.Account.SecondFactor = time.Time{}, idp.SecondFactorSMS
		})
		s.signedIn(phone).get("/account/profile").expect(http.StatusOK, "/account/profile")
	})
}

// TestFormsAreFinishedAfterAProof: a form sent too late is come back to, and one
// press does what it was to do.
func TestFormsAreFinishedAfterAProof(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	subject := s.person(phone, nil)
	b, other := s.signedIn(phone), s.browser()
	other.agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"
	other.get("/account").signIn(phone).get("/authorize/bank").post("/consent", url.Values{})
	late := func(path string, form url.Values, change, name string) ui.AccountConfirm {
		t.Helper()
		clock.Advance(idp.SudoWindow + time.Second)
		other.get("/account").expect(http.StatusOK, "/account")
		b.post(path, form).signIn(phone).expect(http.StatusOK, path)
		asked := page[ui.AccountConfirm](b)
		if asked.Change != change || asked.Name != name || asked.Action != path {
			t.Errorf("%s comes back to %+v", path, asked)
		}
		form = url.Values{}
		for _, field := range asked.Fields {
			form.Set(field.Name, field.Value)
		}
		b.post(asked.Action, form)
		return asked
	}

	late("/account/services/withdraw", url.Values{"service": {"bank"}}, "service", "Сервис bank")
	if b.expect(http.StatusOK, "/account/services"); len(s.read(subject).Consent.Scopes) != 0 {
		t.Error("the consent is not withdrawn")
	}
	late("/account/sessions/end", url.Values{"session": {other.session().ID.String()}}, "session", "Firefox · Windows")
	b.expect(http.StatusOK, "/account/sessions")
	clock.Advance(time.Second)
	other.get("/account").signIn(phone)
	late("/account/second-factor", url.Values{"second_factor": {"sms"}}, "second_factor_on", "+7 ··· ···-00-01")
	if s.read(subject).Account.SecondFactor != idp.SecondFactorSMS {
		t.Error("the second factor is off")
	}
	b.post("/login/sms", url.Values{}).expect(http.StatusOK, "/account/security")
	other.get("/account").signIn(phone)
	late("/account/sessions/end-others", url.Values{}, "sessions_others", "")
	b.expect(http.StatusOK, "/account/sessions")
	other.get("/account").signIn(phone)
	late("/account/sessions/end-all", url.Values{}, "sessions", "")
	other.get("/account").expect(http.StatusOK, "/login")

	t.Log("a password is to be typed again, and the page says so")
	b.get("/account").signIn(phone)
	clock.Advance(idp.SudoWindow + time.Second)
	b.password(newPassword, newPassword).signIn(phone).expect(http.StatusOK, "/account/password")
	if p := page[ui.AccountPassword](b); p.Notice.ID != ui.NoticePasswordLost || s.proves(subject, newPassword) {
		t.Errorf("a password sent too late: %+v", p)
	}

	t.Log("what is nobody's is not asked about, and what is too long not carried")
	b.get("/account/services/withdraw?service=tax").expect(http.StatusOK, "/account/services")
	b.get("/account/sessions/end?session=x").expect(http.StatusOK, "/account/sessions")
	s.browser().post("/account/services/withdraw", url.Values{"service": {strings.Repeat("A", 5000)}}).expect(http.StatusOK, "/login")
	if n := s.count(`SELECT COUNT(*) FROM stored_request`); n != 0 {
		t.Errorf("%d requests are stored for a stranger", n)
	}
}

func TestSessionsThatEndOnTheirOwn(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	subject := s.person(phone, nil)
	b := s.signedIn(phone)
	for range 5 {
		clock.Advance(idp.SessionIdle - time.Minute)
		b.get("/account").expect(http.StatusOK, "/account")
	}
	clock.Advance(idp.SessionIdle)
	b.get("/account").expect(http.StatusOK, "/login")

	t.Log("secured elsewhere")
	b.signIn(phone).expect(http.StatusOK, "/account")
	s.must(db.Secure(t.Context(), subject, nil, clock.Now()))
	b.get("/account").expect(http.StatusOK, "/login")

	t.Log("blocked")
	b.signIn(phone).expect(http.StatusOK, "/account")
	_, err := db.Q(t.Context()).Exec(t.Context(), `UPDATE account SET status = $1`, string(idp.StatusBlocked))
	s.must(err)
	b.get("/account").expect(http.StatusOK, "/login")
	b.post("/account/sessions/end-all", url.Values{}).expect(http.StatusOK, "/login")
}

func TestPages(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	subject := s.person(phone, nil)
	b := s.signedIn(phone)
	if p := page[ui.Account](b); p.Person != "Тестов Иван Петрович" || p.Level != "simplified" || p.SecondFactor || !p.Phone || p.Sessions != 1 || p.Services != 0 || !p.Notice.IsZero() {
		t.Errorf("start page: %+v", p)
	}
	if p := page[ui.Account](b.get("/account?done=registered")); p.Notice.ID != ui.NoticeRegistered {
		t.Errorf("after registration: %+v", p)
	}
	if p := page[ui.Account](b.get("/account?done=error.login_wrong")); !p.Notice.IsZero() {
		t.Errorf("a notice of a stranger's choice: %+v", p)
	}
	shown := map[string]ui.ProfileRow{}
	for _, row := range page[ui.AccountProfile](b.get("/account/profile")).Rows {
		shown[row.Label] = row
	}
	for label, want := range map[string]ui.ProfileRow{
		"surname":    {Label: "surname", Value: "Тестов"},
		"birth_date": {Label: "birth_date", Day: time.Date(1990, 12, 31, 0, 0, 0, 0, time.UTC)},
		"phone":      {Label: "phone", Value: "+7 999 000-00-01", Verified: true},
		"email":      {Label: "email", Value: "ivan" + phone + "@example.org", Verified: true},
		"snils":      {Label: "snils", Value: "112-233-445 95"},
		"inn":        {Label: "inn"},
		"oid":        {Label: "oid", Value: subject.Account.OID.String()},
	} {
		if shown[label] != want {
			t.Errorf("profile shows %+v, want %+v", shown[label], want)
		}
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	subject := s.person(phone, nil)
	b := s.signedIn(phone)
	before := b.cookies["session"]
	b.post("/account/sign-out", url.Values{}).expect(http.StatusOK, "/")
	if b.session() != nil || s.events(subject, idp.EventSessionEnded) != 1 {
		t.Error("the browser keeps its session, or nothing was written down")
	}
	b.cookies["session"] = before
	b.get("/account").expect(http.StatusOK, "/login")
	t.Log("once more, and by nobody, is fine")
	b.post("/account/sign-out", url.Values{}).expect(http.StatusOK, "/")
	s.browser().post("/account/sign-out", url.Values{}).expect(http.StatusOK, "/")
}
