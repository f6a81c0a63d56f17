package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vhod/store"
	"vhod/store/storetest"
)

// TestAnotherAccount: the pages of the code and of the consent say which service is
// entered, and whoever finds somebody else's account there goes on under another name.
func TestAnotherAccount(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		p.person("+79990000002", withSMS)
		b := p.browser()
		b.get(authorizeURL(nil)).signIn("+79990000002").expect(http.StatusOK, "/login/sms")
		if !strings.Contains(b.body, "Вы входите в сервис <strong>«Банк»</strong>") {
			t.Errorf("the page of the code names no service: %s", b.body)
		}
		b.post("/login/sms", url.Values{"action": {"other"}}).expect(http.StatusOK, "/login")
		b.signIn("+79990000001").expect(http.StatusOK, "/consent")
		b.post("/consent", url.Values{"decision": {"other"}}).expect(http.StatusOK, "/login")

		t.Log("the account of the browser's session is left alone until another is proved")
		b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/account")
		b.get(authorizeURL(nil)).expect(http.StatusOK, "/consent")
		b.post("/consent", url.Values{"decision": {"other"}}).expect(http.StatusOK, "/login")
		asked := b.at.RequestURI()
		b.get("/account").expect(http.StatusOK, "/account")
		b.get(asked).signIn("+79990000002").expect(http.StatusOK, "/login/sms")
		b.post("/login/sms", url.Values{"code": {p.code("+79990000002")}}).expect(http.StatusOK, "/consent")
	})
}
