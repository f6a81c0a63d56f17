package register_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vhod/idp"
	"vhod/idp/notify"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

// TestByPhoneForAService is the whole way of R-REG-2, on both engines.
func TestByPhoneForAService(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		b := s.browser()
		b.get("/authorize?state=abc").expect(http.StatusOK, "/login")
		b.get("/register?flow="+b.flow()).expect(http.StatusOK, "/register")
		if p := page[ui.RegisterContact](b); p.Service != "Банк" || p.Terms || p.PersonalData {
			t.Errorf("contact page: %+v, want the service named and nothing ticked", p)
		}
		b.contact(" 8 (999) 123-45-67 ").expect(http.StatusOK, "/register/code")
		if p := page[ui.Code](b); p.Email || strings.Contains(p.Masked, "999") || p.Delivery != store.JobQueued || p.ResendIn == 0 {
			t.Errorf("code page: %+v", p)
		}
		message := s.message("+79991234567")
		if message.Channel != notify.SMS || !strings.HasSuffix(message.Text, "@id.test #"+message.Code) {
			t.Errorf("SMS: %+v", message)
		}
		if b.get(b.at.RequestURI()); page[ui.Code](b).Delivery != store.JobSent {
			t.Errorf("after sending: %s", b.body)
		}
		b.code("+79991234567").expect(http.StatusOK, "/register/password")
		b.password(goodPassword).expect(http.StatusOK, "/register/person")
		b.person().expect(http.StatusOK, "/consent")
		b.post("/consent", url.Values{}).expect(http.StatusOK, "/consent")
		if !slices.Equal(s.service.states, []string{"abc"}) {
			t.Fatalf("the service was answered %v", s.service.states)
		}

		made := s.account(idp.IdentifierPhone, "+79991234567")
		if s.service.results[0].Subject.Account.OID != made.Account.OID {
			t.Error("the service was answered about another account")
		}
		a, p := made.Account, made.Profile
		if a.Level != idp.LevelSimplified || a.Kind != idp.KindPersonal || a.Status != idp.StatusActive || a.SecondFactor != idp.SecondFactorSMS {
			t.Errorf("account: %+v", a)
		}
		if p.Surname != "Тестова" || p.Name != "Анна-Мария" || p.Patronymic != "" || p.BirthDate != "1990-12-31" ||
			p.Phone != "+79991234567" || !p.PhoneVerifiedAt.Equal(clock.Now()) || p.Email != "" {
			t.Errorf("profile: %+v", p)
		}
		if amr := b.sessionOf(made).AMR; !slices.Equal(amr, []string{"otp", "pwd", "mfa"}) {
			t.Errorf("amr of the session: %v", amr)
		}
		if n := s.count(`SELECT COUNT(*) FROM agreement WHERE account_id = $1 AND version <> ''`, int64(a.OID)); n != 2 {
			t.Errorf("%d agreements, want 2", n)
		}
		for _, event := range []idp.EventName{
			idp.EventRegistrationStarted, idp.EventCodeSent, idp.EventRegistrationVerified,
			idp.EventRegistered, idp.EventAgreementAccepted, idp.EventLoginSucceeded,
		} {
			if n := s.count(`SELECT COUNT(*) FROM event WHERE name = $1 AND client_id = 'bank'`, string(event)); n != 1 {
				t.Errorf("%d events %s, want 1", n, event)
			}
		}
		if n := s.count(`SELECT COUNT(*) FROM registration WHERE finished_at > 0 AND data = ''`); n != 1 {
			t.Error("the finished registration keeps what was entered")
		}
	})
}

func TestByEmailToTheOwnAccount(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact("Anna.Testova@Example.org").expect(http.StatusOK, "/register/code")
	if p := page[ui.Code](b); !p.Email {
		t.Errorf("code page: %+v", p)
	}
	b.code("Anna.Testova@Example.org").expect(http.StatusOK, "/register/password")
	b.password("Anna.Testova-77q").expect(http.StatusUnprocessableEntity, "/register/password")
	if p := page[ui.RegisterPassword](b); len(p.Broken) != 1 || p.Broken[0].ID != ui.PasswordPersonal {
		t.Errorf("a password of the address: %+v", p)
	}
	b.password(goodPassword).expect(http.StatusOK, "/register/person")
	b.person().expect(http.StatusOK, "/account")
	if b.at.RawQuery != "done=registered" {
		t.Errorf("at %s, want to be told that registration is complete", b.at)
	}
	made := s.account(idp.IdentifierEmail, "anna.testova@example.org")
	if made.Profile.Email != "Anna.Testova@Example.org" || made.Profile.EmailVerifiedAt.IsZero() || made.Account.SecondFactor != idp.SecondFactorOff {
		t.Errorf("account: %+v %+v", made.Account, made.Profile)
	}
	if amr := b.sessionOf(made).AMR; !slices.Equal(amr, []string{"pwd"}) {
		t.Errorf("amr of the session: %v", amr)
	}

	t.Log("the finished registration cannot be gone back to")
	b.get("/register/person").expect(http.StatusOK, "/register")
}
