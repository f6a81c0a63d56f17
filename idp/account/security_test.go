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

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	subject := s.person(phone, nil)
	b := s.signedIn(phone)
	for _, factor := range []idp.SecondFactor{idp.SecondFactorSMS, idp.SecondFactorOff} {
		b.post("/account/security", url.Values{"second_factor": {string(factor)}})
		if factor == idp.SecondFactorSMS {
			b.expect(http.StatusOK, "/login/sms").post("/login/sms", url.Values{})
		}
		b.expect(http.StatusOK, "/account/security")
		p := page[ui.AccountSecurity](b)
		if s.read(subject).Account.SecondFactor != factor || p.SecondFactor != (factor == idp.SecondFactorSMS) || p.Compulsory || p.Masked == "" || p.Notice.ID != ui.NoticeSecondFactor {
			t.Errorf("%s: %+v", factor, p)
		}
	}
	if n := s.events(subject, idp.EventSecondFactorSet); n != 2 {
		t.Errorf("%d events", n)
	}
	for _, factor := range []string{"", "totp", "SMS", "\x00"} {
		b.post("/account/security", url.Values{"second_factor": {factor}}).expect(http.StatusBadRequest, "/account/security")
	}
}

func TestSecondFactorThatCannotBeChosen(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	standard := s.person(phone, func(n *store.NewPerson) {
		n.Account.Level, n.Account.SecondFactor = idp.LevelStandard, idp.SecondFactorSMS
	})
	b := s.signedIn(phone)
	b.post("/account/security", url.Values{"second_factor": {"off"}}).expect(http.StatusUnprocessableEntity, "/account/security")
	if p := page[ui.AccountSecurity](b); !p.Compulsory || !p.SecondFactor {
		t.Errorf("standard level: %+v", p)
	}
	unverified := s.person("+79990000002", func(n *store.NewPerson) { n.Profile.PhoneVerifiedAt = time.Time{} })
	b = s.signedIn("+79990000002")
	b.post("/account/security", url.Values{"second_factor": {"sms"}}).expect(http.StatusUnprocessableEntity, "/account/security")
	if p := page[ui.AccountSecurity](b); p.Masked != "" || p.SecondFactor {
		t.Errorf("without a verified phone: %+v", p)
	}
	if s.read(standard).Account.SecondFactor != idp.SecondFactorSMS || s.read(unverified).Account.SecondFactor != idp.SecondFactorOff {
		t.Error("a refused choice was kept")
	}
}
