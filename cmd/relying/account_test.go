package relying

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRefresh(t *testing.T) {
	st := newStage(t)
	before := st.get("/bank/login")
	st.ahead.Store(int64(time.Minute))
	after := st.post("/bank/refresh")
	if after.status != 200 || after.element("renewed") == "" {
		t.Fatalf("refresh: %d %s", after.status, after.body)
	}
	if before.element("expiry") == "" || before.element("expiry") == after.element("expiry") {
		t.Errorf("expiry %q, then %q", before.element("expiry"), after.element("expiry"))
	}
	if !strings.Contains(before.element("expiry"), "(МСК)") {
		t.Errorf("%q does not say where it is that time", before.element("expiry"))
	}
	if again := st.post("/bank/refresh"); again.status != 200 { // with the rotated token
		t.Errorf("second refresh: %d %s", again.status, again.body)
	}
	st.set(func() { clear(st.refreshes) })
	refused := st.post("/bank/refresh")
	if refused.status != http.StatusBadGateway || refused.element("error-code") != "invalid_grant" || refused.element("error-description") != "no longer good" {
		t.Errorf("refused refresh: %d %s", refused.status, refused.body)
	}
	if strings.Contains(st.get("/bank/").body, `id="refresh"`) {
		t.Error("a dead refresh token is still offered")
	}
}

func TestRefreshByAssertion(t *testing.T) {
	st := newStage(t)
	st.service.parties[1].client.Scopes = []string{"openid", "offline_access"}
	st.get("/state/login")
	if page := st.post("/state/refresh"); page.element("renewed") == "" {
		t.Fatalf("refresh: %d %s", page.status, page.body)
	}
	if !slices.Equal(st.auths, []string{"private_key_jwt", "private_key_jwt"}) || len(st.jtis) != 2 {
		t.Errorf("authenticated by %v, %d assertions", st.auths, len(st.jtis))
	}
}

func TestRefreshedPersonChanged(t *testing.T) {
	for name, claims := range map[string]map[string]any{
		"sub": {"sub": "2"}, "nonce": {"nonce": "another"}, "auth_time": {"auth_time": 1_700_000_001},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			st.get("/bank/login")
			st.set(func() { st.claims = claims })
			if page := st.post("/bank/refresh"); page.reason() != "error_proof" {
				t.Errorf("accepted: %d %s", page.status, page.body)
			}
			st.set(func() { st.claims = nil })
			if page := st.post("/bank/refresh"); page.element("renewed") == "" {
				t.Errorf("the successor was lost: %d %s", page.status, page.body)
			}
		})
	}
}

func TestRevoke(t *testing.T) {
	for name, want := range map[string][]string{"bank": {"refresh_token", "access_token"}, "state": {"access_token"}} {
		st := newStage(t)
		st.get("/" + name + "/login")
		page := st.post("/" + name + "/revoke")
		if page.element("revoked") == "" || page.element("name") == "" || strings.Contains(page.body, `id="revoke"`) {
			t.Errorf("%s: %d %s", name, page.status, page.body)
		}
		if !slices.Equal(st.revoked, want) || len(st.subjects) != 0 {
			t.Errorf("%s: revoked %v, %d access tokens left", name, st.revoked, len(st.subjects))
		}
	}
}

func TestLogout(t *testing.T) {
	st := newStage(t)
	st.get("/bank/login")
	var hint string
	for _, place := range st.service.parties[0].sessions.byID {
		hint = place.Value.(*session).account.rawID
	}
	st.stay()
	sent := st.post("/bank/logout")
	target, err := url.Parse(sent.header.Get("Location"))
	if err != nil || sent.status != http.StatusSeeOther {
		t.Fatalf("logout: %d %v", sent.status, err)
	}
	q := target.Query()
	if target.Path != "/logout" || q.Get("id_token_hint") != hint || hint == "" || q.Get("client_id") != "bank" ||
		q.Get("post_logout_redirect_uri") != st.base+"/bank/goodbye" || len(q.Get("state")) < 20 {
		t.Errorf("sent to %s", target)
	}
	if !strings.Contains(sent.header.Get("Content-Security-Policy"), "form-action 'self' "+st.URL+";") {
		t.Errorf("the policy forbids the redirect: %s", sent.header.Get("Content-Security-Policy"))
	}
	if page := st.get("/bank/goodbye?state=" + q.Get("state")); page.element("everywhere") == "" {
		t.Errorf("goodbye: %s", page.body)
	}
	if page := st.get("/bank/goodbye?state=other"); page.element("here") == "" {
		t.Errorf("goodbye with a foreign state: %s", page.body)
	}
	if page := st.get("/bank/"); !strings.Contains(page.body, `id="signin"`) {
		t.Error("still signed in")
	}
}

func TestForeignPost(t *testing.T) {
	st := newStage(t)
	st.get("/bank/login")
	for _, path := range []string{"refresh", "revoke", "logout"} {
		page := st.do("POST", "/bank/"+path, http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}})
		if page.status != http.StatusForbidden || page.reason() != "error_foreign" {
			t.Errorf("%s: %d %q", path, page.status, page.reason())
		}
	}
	if st.get("/bank/").element("name") == "" {
		t.Error("the session was touched")
	}
}

func TestProviderDown(t *testing.T) {
	st := newStage(t)
	st.set(func() { st.down = true })
	for range 2 {
		page := st.get("/bank/login")
		if page.status != 503 || page.reason() != "error_unavailable" || page.header.Get("Retry-After") == "" || !strings.Contains(page.body, `id="retry"`) {
			t.Fatalf("down: %d %s", page.status, page.body)
		}
	}
	st.set(func() { st.down = false })
	if page := st.get("/bank/login"); page.status != 503 {
		t.Errorf("asked again within the pause: %d", page.status)
	}
	st.ahead.Store(int64(lastWait))
	if page := st.get("/bank/login"); page.element("name") == "" {
		t.Fatalf("up again: %d %s", page.status, page.body)
	}
	st.set(func() { st.down = true })
	if page := st.post("/bank/refresh"); page.status < 500 || page.element("error") == "" {
		t.Errorf("refresh while down: %d", page.status)
	}
	if st.get("/bank/").element("name") == "" {
		t.Error("the session did not survive")
	}
}

func TestSessionsBounded(t *testing.T) {
	clock := time.Unix(0, 0)
	s := newSessions(3, func() time.Time { return clock })
	var ids []string
	for range 5 {
		ids = append(ids, s.begin(account{}).id)
	}
	for n, id := range ids {
		if kept := s.find(id) != nil; kept != (n >= 2) {
			t.Errorf("session %d kept: %v", n, kept)
		}
	}
	clock = clock.Add(sessionPeriod)
	if s.find(ids[4]) != nil || len(s.byID) != s.order.Len() {
		t.Error("an expired session was found")
	}
}
