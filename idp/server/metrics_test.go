package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
)

// scrape is what Prometheus is answered.
func (p *provider) scrape() string {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.Metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		p.t.Fatalf("metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// has checks that lines occur in what Prometheus is answered.
func (p *provider) has(lines ...string) {
	p.t.Helper()
	all := p.scrape()
	for _, line := range lines {
		if !strings.Contains("\n"+all, "\n"+line+"\n") {
			name := line[:strings.IndexAny(line, "{ ")]
			p.t.Errorf("no %s, but\n%s", line, strings.Join(slices.DeleteFunc(strings.Split(all, "\n"), func(l string) bool {
				return !strings.HasPrefix(l, name)
			}), "\n"))
		}
	}
}

func TestMetricsOfAWholeWay(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		p.person("+79990000002", withSMS)
		b := p.browser()
		b.get("/login").post("/login/password", url.Values{"login": {"+79990000002"}, "password": {"wrong"}})
		b.signIn("+79990000002").expect(http.StatusOK, "/login/sms")
		b.post("/login/sms", url.Values{"code": {p.code("+79990000002")}})
		tokens := p.redeem(p.signedIn(p.browser(), nil), nil)
		p.userinfo(tokens.text("access_token"))
		p.refresh(tokens.text("refresh_token"), nil)
		p.refresh("nonsense", nil)
		p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
		if err := p.LookAtOutbox(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.has(
			`vhod_sign_ins_total{method="password",outcome="failed"} 1`,
			`vhod_sign_ins_total{method="pwd",outcome="succeeded"} 1`,
			`vhod_sign_ins_total{method="pwd otp mfa",outcome="succeeded"} 1`,
			`vhod_codes_sent_total{channel="sms",purpose="login"} 1`,
			`vhod_sessions_created_total 2`,
			`vhod_grants_created_total 1`,
			`vhod_message_attempts_total{channel="sms",outcome="done"} 1`,
			`vhod_token_requests_total{client="bank",grant="authorization_code",outcome="issued"} 1`,
			`vhod_token_requests_total{client="bank",grant="refresh_token",outcome="issued"} 1`,
			`vhod_token_requests_total{client="bank",grant="refresh_token",outcome="invalid_grant"} 1`,
			`vhod_token_requests_total{client="bank",grant="client_credentials",outcome="issued"} 1`,
			`vhod_audit_events_total{event="userinfo.read"} 1`,
			`vhod_http_requests_total{class="2xx",method="GET",outcome="ok",route="/oauth2/userinfo"} 1`,
			`vhod_http_requests_total{class="4xx",method="POST",outcome="refused",route="/login/password"} 1`,
			`vhod_http_request_duration_seconds_count{method="GET",route="/oauth2/userinfo"} 1`,
			`vhod_hashes_total 5`, // two of the people that were made
			`vhod_keys{alg="ES256",state="active",use="sig"} 1`,
			`vhod_key_age_seconds{alg="ES256",state="active",use="sig"} 0`,
			`vhod_key_retire_seconds{alg="ES256",use="sig"} 7.776e+06`,
		)
	})
}

// TestMetricsAreBoundedAndImpersonal: whatever strangers send, the number of series
// stays, and nothing of theirs or of anybody is in them.
func TestMetricsAreBoundedAndImpersonal(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := bank(t, db, clock)
	subject := p.person("+79990000002", func(n *store.NewPerson) {
		n.Profile.Email, n.Profile.EmailVerifiedAt = "ivan@example.com", clock.Now()
		n.Account.SecondFactor = "sms"
	})
	hostile := func(turn string) {
		b := p.browser()
		b.get("/login").signIn("+79990000002").expect(http.StatusOK, "/login/sms")
		b.get("/account")
		for i := range 50 {
			mark := fmt.Sprintf("evil%s%d", turn, i)
			for _, method := range []string{http.MethodGet, http.MethodPost, "EVIL" + strings.ToUpper(mark)} {
				r, err := http.NewRequestWithContext(t.Context(), method, p.url+"/"+mark+"/ivan@example.com?login=%2B79990000002", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("User-Agent", mark)
				r.Header.Set("Origin", "https://"+mark+".example")
				p.browser().do(r)
			}
			p.call("/oauth2/token", url.Values{"client_id": {mark}, "client_secret": {mark}, "grant_type": {mark}})
			p.call("/oauth2/token", url.Values{"client_id": {mark}, "client_secret": {mark}, "grant_type": {"authorization_code"}, "code": {mark}})
			p.browser().get("/oauth2/authorize?client_id=" + mark).get("/help/" + mark).get("/static/" + mark)
		}
		if _, err := p.Jobs.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	series := func() map[string]bool {
		all := map[string]bool{}
		for line := range strings.Lines(p.scrape()) {
			if name, _, ok := strings.Cut(line, " "); ok && strings.HasPrefix(name, "vhod_") {
				all[name] = true
			}
		}
		return all
	}
	hostile("a")
	clock.Advance(2 * time.Minute) // past the pause between two codes
	before := series()
	hostile("b")
	after := series()
	for name := range after {
		if !before[name] {
			t.Errorf("a new series: %s", name)
		}
	}
	if len(after) > 1000 {
		t.Errorf("%d series", len(after))
	}
	text := strings.ToLower(p.scrape())
	for _, personal := range []string{"evil", "9990000002", "example.com", "ivan", "тестов", "иван", subject.Account.OID.String(), "127.0.0.1", "%2b"} {
		if strings.Contains(text, personal) {
			t.Errorf("%q occurs in the metrics", personal)
		}
	}
	if testing.Verbose() {
		t.Logf("%d series: %v", len(after), slices.Sorted(maps.Keys(after)))
	}
}

// TestMetricsAreNotPublic: nobody asks for them where citizens sign in.
func TestMetricsAreNotPublic(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	for _, path := range []string{"/metrics", "/metrics/", "/debug/pprof/", "/debug/vars"} {
		p.browser().get(path).expect(http.StatusNotFound, path)
	}
}
