package account_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

func TestWithdraw(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		subject, stranger := s.person(phone, nil), s.person("+79990000002", nil)
		b, other := s.signedIn(phone), s.signedIn("+79990000002")
		for _, one := range []*browser{b, other} {
			one.get("/authorize/bank").post("/consent", url.Values{})
		}
		b.get("/authorize/tax").post("/consent", url.Values{})

		all := page[ui.AccountServices](b.get("/account/services")).Services
		slices.SortFunc(all, func(x, y ui.AccountService) int { return strings.Compare(x.ID, y.ID) })
		if len(all) != 2 || all[0].Name != "Сервис bank" || !slices.Equal(all[0].Scopes, []string{"openid", "profile"}) || !all[0].Since.Equal(clock.Now()) {
			t.Fatalf("services: %+v", all)
		}
		b.post("/account/services/withdraw", url.Values{"service": {"bank"}}).expect(http.StatusOK, "/account/services")
		if p := page[ui.AccountServices](b); len(p.Services) != 1 || p.Services[0].ID != "tax" || p.Notice.ID != ui.NoticeWithdrawn {
			t.Errorf("after withdrawing: %+v", p)
		}
		if len(s.read(subject).Consent.Scopes) != 0 || len(s.read(stranger).Consent.Scopes) == 0 {
			t.Error("the consent withdrawn is not the one meant")
		}
		b.get("/authorize/bank").expect(http.StatusOK, "/consent")

		t.Log("what was not allowed is nothing to write down")
		b.get("/account/services")
		for _, service := range []string{"bank", "", "unknown", "\xff\x00", strings.Repeat("x", 5000)} {
			b.post("/account/services/withdraw", url.Values{"service": {service}}).expect(http.StatusOK, "/account/services")
		}
		if n := s.events(subject, idp.EventConsentWithdrawn); n != 1 {
			t.Errorf("%d events of withdrawing", n)
		}
	})
}
