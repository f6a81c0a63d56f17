package server_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/notify"
	"vhod/idp/password"
	"vhod/idp/server"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

const testPassword = "Зелёный-Слон-73"

// provider is a whole provider on a loopback port.
type provider struct {
	*server.Server
	t     testing.TB
	clock *storetest.Clock
	url   string
	log   *safeBuffer
	mail  *notify.Inbox
	sms   *notify.Inbox
}

// safeBuffer collects a log.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newProvider(t testing.TB, db *store.DB, clock *storetest.Clock, change ...func(*server.Config)) *provider {
	t.Helper()
	p := &provider{t: t, clock: clock, log: &safeBuffer{}}
	listener := httptest.NewUnstartedServer(nil)
	p.url = "http://" + listener.Listener.Addr().String()
	p.mail = &notify.Inbox{DB: db, Now: clock.Now, Name: notify.Email}
	p.sms = &notify.Inbox{DB: db, Now: clock.Now, Name: notify.SMS}
	config := server.Config{
		Issuer: p.url, DB: db, KEK: storetest.KEK(t), Now: clock.Now, Monotonic: time.Now, Log: slog.New(slog.NewJSONHandler(p.log, nil)),
		Password: keys.Cost{Memory: 64, Time: 1, Threads: 1}, MinimumAge: 18, Mail: p.mail, SMS: p.sms, Sandbox: true,
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	p.Server, err = server.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = p.Handler()
	listener.Start()
	t.Cleanup(listener.Close)
	return p
}

// person makes a citizen found by phone, e-mail and СНИЛС.
func (p *provider) person(phone string, change func(*store.NewPerson)) *store.Subject {
	p.t.Helper()
	now := p.clock.Now()
	credential, err := password.New(p.t.Context(), p.Hasher, testPassword, now)
	if err != nil {
		p.t.Fatal(err)
	}
	n := store.NewPerson{
		Account:     idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
		Profile:     idp.Profile{Surname: "Тестов", Name: "Иван", Patronymic: "Петрович", BirthDate: "1990-12-31", Phone: phone, PhoneVerifiedAt: now},
		Identifiers: []store.Identifier{{Kind: idp.IdentifierPhone, Values: p.Ring.Index(string(idp.IdentifierPhone), phone)}},
		Credentials: []idp.Credential{credential},
	}
	if change != nil {
		change(&n)
	}
	s, err := p.DB.AddPerson(p.t.Context(), n, now, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// browser is a person's: it keeps cookies and stops at redirects to elsewhere.
type browser struct {
	p      *provider
	client *http.Client
	// at is the address of the page, body its text, status that of the answer.
	at     *url.URL
	body   string
	status int
	header http.Header
}

func (p *provider) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	host := strings.TrimPrefix(p.url, "http://")
	return &browser{p: p, client: &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != host || len(via) > 10 {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

func (b *browser) do(r *http.Request) *browser {
	b.p.t.Helper()
	r.Header.Set("Accept", "text/html")
	response, err := b.client.Do(r)
	if err != nil {
		b.p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.p.t.Fatal(err)
	}
	b.at, b.body, b.status, b.header = response.Request.URL, string(body), response.StatusCode, response.Header
	return b
}

func (b *browser) get(path string) *browser {
	b.p.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.p.url + path
	}
	r, err := http.NewRequestWithContext(b.p.t.Context(), http.MethodGet, path, nil)
	if err != nil {
		b.p.t.Fatal(err)
	}
	return b.do(r)
}

var flowField = regexp.MustCompile(`name="flow" value="([^"]+)"`)

// forField is the account that the forms of a page change.
var forField = regexp.MustCompile(`name="for" value="([^"]+)"`)

// flow is the flow's value in the page.
func (b *browser) flow() string {
	b.p.t.Helper()
	m := flowField.FindStringSubmatch(b.body)
	if m == nil {
		b.p.t.Fatalf("no flow on %s (%d): %s", b.at, b.status, b.body)
	}
	return m[1]
}

// post sends a form, with the page's flow unless one is given.
func (b *browser) post(path string, form url.Values) *browser {
	b.p.t.Helper()
	if !form.Has("flow") && flowField.MatchString(b.body) {
		form.Set("flow", b.flow())
	}
	if m := forField.FindStringSubmatch(b.body); m != nil && !form.Has("for") {
		form.Set("for", m[1])
	}
	r, err := http.NewRequestWithContext(b.p.t.Context(), http.MethodPost, b.p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.p.url)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// expect checks where the browser is.
func (b *browser) expect(status int, path string) *browser {
	b.p.t.Helper()
	if b.status != status || b.at.Path != path {
		b.p.t.Fatalf("at %s with %d, want %s with %d\n%s\n%s", b.at, b.status, path, status, b.body, b.p.log)
	}
	return b
}

func (b *browser) signIn(login string) *browser {
	b.p.t.Helper()
	return b.post("/login/password", url.Values{"login": {login}, "password": {testPassword}})
}

// code sends what is queued and reads the newest code sent to an address.
func (p *provider) code(to string) string {
	p.t.Helper()
	if _, err := p.Jobs.Once(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	all, err := p.DB.Inbox(p.t.Context(), to, time.Time{}, 1)
	if err != nil || len(all) == 0 {
		p.t.Fatalf("no message to %s: %v", to, err)
	}
	return all[0].Code
}

func withSMS(n *store.NewPerson) { n.Account.SecondFactor = idp.SecondFactorSMS }

// cookies are those that the browser sends.
func (b *browser) cookies() []*http.Cookie {
	u, err := url.Parse(b.p.url)
	if err != nil {
		b.p.t.Fatal(err)
	}
	return b.client.Jar.Cookies(u)
}

var problemText = regexp.MustCompile(`govuk-error-summary__title">([^<]+)<`)

// problem is the error that a page tells.
func problem(body string) string {
	if m := problemText.FindStringSubmatch(body); m != nil {
		return m[1]
	}
	return ""
}

var postTrips = regexp.MustCompile(`"route":"/login/password".*?"trips":(\d+)`)

// loginTrips are the round trips of each try at a password.
func loginTrips(log string) []string {
	var all []string
	for _, m := range postTrips.FindAllStringSubmatch(log, -1) {
		all = append(all, m[1])
	}
	return all
}
