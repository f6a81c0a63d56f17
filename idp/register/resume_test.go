package register_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/password"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

const phone = "+79991234567"

// TestResume: a day later, in another browser, the registration waits for the contact
// to be proved again, but shows nothing that was typed in the first.
func TestResume(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		b := s.browser()
		b.get("/authorize?state=abc")
		b.get("/register?flow="+b.flow()).contact(phone).code(phone).password(goodPassword).expect(http.StatusOK, "/register/person")
		form := url.Values{"surname": {"Тестова"}, "name": {"Анна"}, "patronymic": {"Ивановна7"}, "birth_date": {"31.12."}}
		b.post("/register/person", form).expect(http.StatusUnprocessableEntity, "/register/person")

		clock.Advance(20 * time.Hour)
		other := s.browser()
		other.get("/register").contact("8 999 123-45-67").expect(http.StatusOK, "/register/code")
		other.code(phone).expect(http.StatusOK, "/register/password")
		if p := page[ui.RegisterPassword](other); p.Notice.ID != ui.NoticeResumedAgain {
			t.Errorf("resumed page: %+v", p)
		}
		t.Log("the browser that began it may be a stranger's: it has lost the registration and its password")
		b.get("/register/person?flow="+url.QueryEscape(b.flow())).expect(http.StatusOK, "/register")
		if p := page[ui.RegisterContact](b); p.Notice.ID != ui.NoticeElsewhere {
			t.Errorf("first browser: %+v", p)
		}
		other.password("Рыжий-Дрозд-48").expect(http.StatusOK, "/register/person")
		p := page[ui.RegisterPerson](other)
		if p.Surname.Value != "" || p.Name.Value != "" || p.Patronymic.Value != "" || p.BirthDate.Value != "" {
			t.Errorf("resumed page: %+v", p)
		}
		other.person().expect(http.StatusOK, "/consent")
		made := s.account(idp.IdentifierPhone, phone)
		kept, err := db.Credentials(t.Context(), made, idp.CredentialPassword)
		if err != nil || len(kept) != 1 {
			t.Fatalf("credentials %d, %v", len(kept), err)
		}
		if ok, _, err := password.Verify(t.Context(), s.hasher, kept[0], "Рыжий-Дрозд-48"); err != nil || !ok {
			t.Errorf("the password is not the one chosen last: %v", err)
		}
		other.post("/consent", url.Values{})
		if len(s.service.states) != 1 || s.service.states[0] != "abc" {
			t.Errorf("the service was answered %v", s.service.states)
		}
	})
}

func TestResumeAtThePassword(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	s.browser().get("/register").contact(phone).code(phone).expect(http.StatusOK, "/register/password")
	clock.Advance(time.Hour)
	b := s.browser()
	b.get("/register").contact(phone).expect(http.StatusOK, "/register/code")
	code := b.at.RequestURI()
	b.code(phone).expect(http.StatusOK, "/register/password")
	if p := page[ui.RegisterPassword](b); p.Notice.ID != ui.NoticeResumedAgain {
		t.Errorf("resumed page: %+v", p)
	}
	t.Log("and its pages of before lead there")
	now := b.at.RequestURI()
	b.get(code).expect(http.StatusOK, "/register/password")
	b.get(now)
	t.Log("in one go from here")
	b.password(goodPassword).person().expect(http.StatusOK, "/account")

	t.Log("after a week nothing waits any more")
	s.browser().get("/register").contact("+79991234568").code("+79991234568").expect(http.StatusOK, "/register/password")
	clock.Advance(7*24*time.Hour + time.Second)
	b = s.browser()
	b.get("/register").contact("+79991234568").code("+79991234568").expect(http.StatusOK, "/register/password")
	if p := page[ui.RegisterPassword](b); !p.Notice.IsZero() {
		t.Errorf("page after a week: %+v", p)
	}
}

// TestResumeInTheSameBrowser: there what was typed is still there, but the password.
func TestResumeInTheSameBrowser(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(phone).code(phone).password(goodPassword).expect(http.StatusOK, "/register/person")
	form := url.Values{"surname": {"Тестова"}, "name": {"Анна"}, "patronymic": {"Ивановна7"}, "birth_date": {"31.12."}}
	b.post("/register/person", form).expect(http.StatusUnprocessableEntity, "/register/person")
	old := b.flow()
	clock.Advance(20 * time.Hour)
	b.get("/register").contact(phone).code(phone).expect(http.StatusOK, "/register/password")
	if p := page[ui.RegisterPassword](b); p.Notice.ID != ui.NoticeResumedAnew {
		t.Errorf("resumed page: %+v", p)
	}
	now := b.flow()
	t.Log("the tab of yesterday goes on too, without the password of yesterday")
	b.get("/register/person?flow="+url.QueryEscape(old)).expect(http.StatusOK, "/register/password")
	b.post("/register/password", url.Values{"flow": {now}, "password": {goodPassword}, "password2": {goodPassword}}).expect(http.StatusOK, "/register/person")
	if p := page[ui.RegisterPerson](b); p.Surname.Value != "Тестова" || p.Name.Value != "Анна" || p.Patronymic.Value != "Ивановна7" || p.BirthDate.Value != "31.12." {
		t.Errorf("resumed page: %+v", p)
	}
	b.get("/register/code?flow="+url.QueryEscape(old)).expect(http.StatusOK, "/register/person")
	b.person().expect(http.StatusOK, "/login")
}

// TestReloadAndBack: every page sends to where the registration is.
func TestReloadAndBack(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(phone)
	flow := b.flow()
	for _, path := range []string{"/register/password", "/register/person"} {
		b.get(path+"?flow="+flow).expect(http.StatusOK, "/register/code")
		b.post(path, url.Values{"flow": {flow}, "password": {goodPassword}, "password2": {goodPassword}}).expect(http.StatusOK, "/register/code")
	}
	t.Log("the same contact again, at once, goes on with the code that is on its way")
	sent := s.message(phone).Code
	b.get("/register?flow="+flow).expect(http.StatusOK, "/register")
	if p := page[ui.RegisterContact](b); p.Contact.Value != phone || !p.Terms || !p.PersonalData {
		t.Errorf("back from the code: %+v", p)
	}
	b.contact(phone).expect(http.StatusOK, "/register/code")
	if s.message(phone).Code != sent {
		t.Error("another code was sent")
	}
	t.Log("another contact is another registration")
	b.get("/register?flow="+flow).contact("+79991234568").expect(http.StatusOK, "/register/code")
	b.code("+79991234568").expect(http.StatusOK, "/register/password")
	for _, path := range []string{"/register/code", "/register/person"} {
		b.get(path+"?flow="+b.flow()).expect(http.StatusOK, "/register/password")
	}
}

func TestPostsWithoutARegistration(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	for _, flow := range []string{"", "x", "a.b", "\x00", "~00000000-0000-0000-0000-000000000000"} {
		for _, path := range []string{"/register/code", "/register/password", "/register/person"} {
			form := citizen()
			form.Set("flow", flow)
			form.Set("code", "123456")
			s.browser().post(path, form).expect(http.StatusOK, "/register")
			b := s.browser().get(path+"?flow="+url.QueryEscape(flow)).expect(http.StatusOK, "/register")
			if p := page[ui.RegisterContact](b); p.Notice.ID != ui.NoticeGone {
				t.Errorf("%s: %+v", path, p)
			}
		}
	}
	if n := s.count(`SELECT COUNT(*) FROM registration`) + s.count(`SELECT COUNT(*) FROM account`); n != 0 {
		t.Errorf("%d rows came of nothing", n)
	}
}
