package relying

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// stage is the two services, the issuer behind them and a browser before them.
type stage struct {
	*issuer
	t       *testing.T
	service *Service
	base    string
	browser *http.Client
	ahead   *atomic.Int64 // how far the clock was moved, nanoseconds
}

func newStage(t *testing.T) *stage {
	t.Helper()
	st := &stage{issuer: newIssuer(t), t: t, ahead: &atomic.Int64{}}
	st.now = func() time.Time { return time.Now().Add(time.Duration(st.ahead.Load())) }
	der, err := x509.MarshalPKCS8PrivateKey(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	// The server's address is known only once it listens, so it is filled in late.
	var handler http.Handler
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	st.base = front.URL
	cfg := Config{BaseURL: st.base, Issuer: st.URL, Now: st.now, Bank: Client{ID: "bank", Secret: bankSecret}, State: Client{ID: "state", Key: key}}
	if st.service, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	handler = st.service.Handler()
	jwks, err := cfg.State.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() {
		t.Fatalf("key set %s: %v", jwks, err)
	}
	st.clientKey = set.Keys[0]
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	st.browser = &http.Client{Jar: jar}
	return st
}

type answer struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

func (st *stage) do(method, address string, header http.Header) answer {
	st.t.Helper()
	if address[0] == '/' {
		address = st.base + address
	}
	req, err := http.NewRequestWithContext(st.t.Context(), method, address, nil)
	if err != nil {
		st.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := st.browser.Do(req)
	if err != nil {
		st.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		st.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		st.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Request.URL, res.Header, string(body)}
}

func (st *stage) get(address string) answer  { st.t.Helper(); return st.do("GET", address, nil) }
func (st *stage) post(address string) answer { st.t.Helper(); return st.do("POST", address, nil) }

// stay makes the browser show redirects instead of following them.
func (st *stage) stay() {
	st.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

func (st *stage) follow() { st.browser.CheckRedirect = nil }

// authorized begins a sign-in and returns the answer the provider sends back.
func (st *stage) authorized(login string) *url.URL {
	st.t.Helper()
	st.stay()
	defer st.follow()
	request := st.get(login)
	if request.status != http.StatusSeeOther {
		st.t.Fatalf("login: %d %s", request.status, request.body)
	}
	back, err := url.Parse(st.get(request.header.Get("Location")).header.Get("Location"))
	if err != nil {
		st.t.Fatal(err)
	}
	return back
}

func with(u *url.URL, change func(url.Values)) string {
	q := u.Query()
	change(q)
	copied := *u
	copied.RawQuery = q.Encode()
	return copied.String()
}

func (a answer) element(id string) string {
	found := regexp.MustCompile(`(?s)id="` + id + `"[^>]*>(.*?)</(?:span|p|dd|h1|code)>`).FindStringSubmatch(a.body)
	if found == nil {
		return ""
	}
	return found[1]
}

func (a answer) reason() string {
	found := regexp.MustCompile(`data-reason="([a-z_]+)"`).FindStringSubmatch(a.body)
	if found == nil {
		return ""
	}
	return found[1]
}
