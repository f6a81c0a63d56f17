package server_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/server"
	"vhod/store/storetest"
)

func TestRateOfANetwork(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock, func(c *server.Config) { c.Limits = server.Limits{Pages: 5, Protocol: 3} })
	b := p.browser()
	for range 5 {
		b.get("/login").expect(http.StatusOK, "/login")
	}
	b.get("/login").expect(http.StatusTooManyRequests, "/login")
	if !strings.Contains(b.body, "Слишком много запросов") || b.header.Get("Retry-After") == "" {
		t.Errorf("refused with %q: %s", b.header.Get("Retry-After"), b.body)
	}
	for n := range 4 {
		if b.get("/oauth2/jwks"); (b.status == http.StatusTooManyRequests) != (n == 3) {
			t.Errorf("request %d of a service: %d", n, b.status)
		}
	}
	for range 10 {
		b.get("/health/live").expect(http.StatusOK, "/health/live")
	}
}

// TestWrongPasswordsOfANetwork: one word tried on many accounts ends soon, and
// nothing typed is lost.
func TestWrongPasswordsOfANetwork(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock, func(c *server.Config) { c.Limits = server.Limits{Failures: 3} })
	p.person("+79990000001", nil)
	b := p.browser()
	for _, login := range []string{"+79990000001", "+79990000002", "+79990000003"} {
		b.get("/login").post("/login/password", url.Values{"login": {login}, "password": {"wrong"}}).expect(http.StatusUnprocessableEntity, "/login/password")
	}
	b.get("/login").signIn("+79990000001").expect(http.StatusTooManyRequests, "/login/password")
	if !strings.Contains(b.body, "Из вашей сети слишком много неверных паролей") || !strings.Contains(b.body, "79990000001") || b.header.Get("Retry-After") == "" {
		t.Errorf("refused with: %s", b.body)
	}
}

// TestServiceIsLimitedOnceProved: who merely names a service uses up nothing of its
// share.
func TestServiceIsLimitedOnceProved(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock, func(c *server.Config) { c.Limits = server.Limits{Client: 2} })
	p.service("bank", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthPost })
	ask := func(secret string) reply {
		return p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"bank"}, "client_secret": {secret}, "scope": {"reports"}})
	}
	for range 5 {
		ask("wrong")
	}
	for n := range 3 {
		want := http.StatusOK
		if n == 2 {
			want = http.StatusTooManyRequests
		}
		if r := ask(secret); r.status != want || n == 2 && r.header.Get("Retry-After") == "" {
			t.Errorf("request %d: %d %v", n, r.status, r.body)
		}
	}
}

// TestOverload: what is more than can be in hand is refused at once.
func TestOverload(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	inHand, finish := make(chan struct{}), make(chan struct{})
	p := newProvider(t, db, clock, func(c *server.Config) {
		c.Limits = server.Limits{Requests: 1}
		c.Extra = func(e *echo.Echo, _ *server.Server) {
			e.GET("/slow", func(c echo.Context) error {
				inHand <- struct{}{}
				<-finish
				return c.NoContent(http.StatusNoContent)
			})
		}
	})
	t.Cleanup(func() { close(finish) }) // before the server of the test waits
	slow := make(chan int, 1)
	go func() { slow <- p.browser().get("/slow").status }()
	<-inHand
	b := p.browser()
	b.get("/login").expect(http.StatusServiceUnavailable, "/login")
	if b.header.Get("Retry-After") != "1" || !strings.Contains(b.body, "Сервис перегружен") {
		t.Errorf("refused with %v: %s", b.header, b.body)
	}
	b.get("/health/live").expect(http.StatusOK, "/health/live")
	finish <- struct{}{}
	if status := <-slow; status != http.StatusNoContent {
		t.Errorf("what was in hand was answered %d", status)
	}
	b.get("/login").expect(http.StatusOK, "/login")
}

// TestSilentDatabase: a request ends though what it waits for does not.
func TestSilentDatabase(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock, func(c *server.Config) {
		c.Extra = func(e *echo.Echo, _ *server.Server) {
			e.GET("/silent", func(c echo.Context) error {
				<-c.Request().Context().Done()
				return c.Request().Context().Err()
			})
		}
	})
	b := p.browser()
	b.get("/silent").expect(http.StatusServiceUnavailable, "/silent")
	if b.header.Get("Retry-After") == "" || !strings.Contains(b.body, "Сервис перегружен") {
		t.Errorf("answered with %v: %s", b.header, b.body)
	}
}

// TestPastTheProxy: only the trusted proxies are answered, and health.
func TestPastTheProxy(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock, func(c *server.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	b := p.browser()
	b.get("/login").expect(http.StatusForbidden, "/login")
	b.get("/health/ready").expect(http.StatusOK, "/health/ready")
}
