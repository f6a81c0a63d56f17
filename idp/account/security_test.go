package account_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject := s.person(phone, nil)
		b := s.signedIn(phone)
		for _, factor := range []idp.SecondFactor{idp.SecondFactorSMS, idp.SecondFactorOff} {
			name := map[idp.SecondFactor]string{idp.SecondFactorSMS: "second_factor_on", idp.SecondFactorOff: "second_factor_off"}[factor]
			asked := page[ui.AccountConfirm](b.get("/account/second-factor?second_factor=" + string(factor)))
			if asked.Change != name || asked.Action != "/account/second-factor" || !slices.Equal(asked.Fields, []ui.FormField{{Name: "second_factor", Value: string(factor)}}) {
				t.Errorf("%s is asked as %+v", factor, asked)
			}
			if s.read(subject).Account.SecondFactor == factor {
				t.Errorf("%s: asking changed it", factor)
			}
			b.post(asked.Action, url.Values{"second_factor": {string(factor)}})
			if factor == idp.SecondFactorSMS {
				b.expect(http.StatusOK, "/login/sms").post("/login/sms", url.Values{})
			}
			b.expect(http.StatusOK, "/account/security")
			p := page[ui.AccountSecurity](b)
			if s.read(subject).Account.SecondFactor != factor || p.SecondFactor != (factor == idp.SecondFactorSMS) || p.Compulsory || p.Masked == "" || p.Notice.ID != ui.NoticeSecondFactor {
				t.Errorf("%s: %+v", factor, p)
			}
			t.Log("the owner is told on every contact, once")
			b.post(asked.Action, url.Values{"second_factor": {string(factor)}}).expect(http.StatusOK, "/account/security")
			b.get("/account/second-factor?second_factor="+string(factor)).expect(http.StatusOK, "/account/security")
			s.toldOnce(subject, name)
		}
		if n := s.events(subject, idp.EventSecondFactorSet); n != 2 {
			t.Errorf("%d events", n)
		}
		for _, factor := range []string{"", "totp", "SMS", "\x00"} {
			b.post("/account/second-factor", url.Values{"second_factor": {factor}}).expect(http.StatusBadRequest, "/account/second-factor")
			b.get("/account/second-factor?"+url.Values{"second_factor": {factor}}.Encode()).expect(http.StatusBadRequest, "/account/second-factor")
		}
	})
}

// toldOnce checks that every contact was sent one message of a name, and no other,
// since the last time.
func (s *site) toldOnce(subject *store.Subject, name string) {
	s.t.Helper()
	_, err := s.jobs.Once(s.t.Context())
	s.must(err)
	texts, err := ui.New()
	s.must(err)
	for channel, contact := range map[string]string{"sms": subject.Profile.Phone, "email": subject.Profile.Email} {
		want, err := texts.Message("ru", name+"_"+channel, map[string]any{"Host": "id.test", "Link": issuer + "/"})
		s.must(err)
		all, err := s.db.Inbox(s.t.Context(), contact, time.Time{}, 10)
		s.must(err)
		if len(all) != 1 || all[0].Text != want.Text || all[0].Subject != want.Subject {
			s.t.Errorf("%s: messages to %s: %+v", name, contact, all)
		}
	}
	s.must(s.db.ClearInbox(s.t.Context()))
}

func TestSecondFactorThatCannotBeChosen(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	standard := s.person(phone, func(n *store.NewPerson) {
		n.Account.Level, n.Account.SecondFactor = idp.LevelStandard, idp.SecondFactorSMS
	})
	b := s.signedIn(phone)
	b.post("/account/second-factor", url.Values{"second_factor": {"off"}}).expect(http.StatusUnprocessableEntity, "/account/second-factor")
	if p := page[ui.AccountSecurity](b); !p.Compulsory || !p.SecondFactor {
		t.Errorf("standard level: %+v", p)
	}
	b.get("/account/second-factor?second_factor=off").expect(http.StatusOK, "/account/security")
	unverified := s.person("+79990000002", func(n *store.NewPerson) { n.Profile.PhoneVerifiedAt = time.Time{} })
	b = s.signedIn("+79990000002")
	b.post("/account/second-factor", url.Values{"second_factor": {"sms"}}).expect(http.StatusUnprocessableEntity, "/account/second-factor")
	if p := page[ui.AccountSecurity](b); p.Masked != "" || p.SecondFactor {
		t.Errorf("without a verified phone: %+v", p)
	}
	if p := page[ui.Account](b.get("/account")); p.Phone || p.SecondFactor {
		t.Errorf("who has no phone is told to switch it on: %+v", p)
	}
	if s.read(standard).Account.SecondFactor != idp.SecondFactorSMS || s.read(unverified).Account.SecondFactor != idp.SecondFactorOff {
		t.Error("a refused choice was kept")
	}
}
