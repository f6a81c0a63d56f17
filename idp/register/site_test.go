package register_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/cache"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/job"
	"vhod/idp/notify"
	"vhod/idp/password"
	"vhod/idp/register"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

const (
	issuer       = "http://id.test"
	goodPassword = "Зелёный-Слон-73"
)

// site is the pages of registration with a real engine of flows, and stand-ins for
// the steps and the service around them.
type site struct {
	t        testing.TB
	db       *store.DB
	clock    *storetest.Clock
	ring     *keys.Ring
	hasher   *keys.Hasher
	flows    *flow.Engine
	register *register.Register
	jobs     *job.Runner
	echo     *echo.Echo
	service  *service
}

// service notes what it is answered.
type service struct {
	results []flow.Result
	states  []string
	refused []string
}

func (s *service) Answer(c echo.Context, f *flow.Flow, _ *idp.Client, r flow.Result) error {
	s.results, s.states = append(s.results, r), append(s.states, f.Request.State)
	return c.String(http.StatusOK, "answered")
}

func (s *service) Refuse(c echo.Context, _ *flow.Flow, _ *idp.Client, code, _ string) error {
	s.refused = append(s.refused, code)
	return c.String(http.StatusOK, "refused")
}

// pages renders a page in HTML, to see that it can be, and writes what it shows.
type pages struct{ ui *ui.UI }

func (p pages) Render(w io.Writer, name string, data any, c echo.Context) error {
	page, ok := data.(ui.Page)
	if !ok || page.Template() != name {
		return fmt.Errorf("%T is no page %q", data, name)
	}
	if err := p.ui.Render(io.Discard, ui.View{Lang: ui.Lang(c.Request().Context()), Issuer: issuer}, page); err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(map[string]any{"Template": name, "Page": page})
}

func newSite(t testing.TB, db *store.DB, clock *storetest.Clock) *site {
	t.Helper()
	s := &site{t: t, db: db, clock: clock, service: &service{}}
	texts, err := ui.New()
	s.must(err)
	s.ring, err = keys.NewRing(t.Context(), keys.Config{Storage: db, KEK: storetest.KEK(t), Now: clock.Now, Terms: keys.Terms{KeepBox: 8 * 24 * time.Hour}})
	s.must(err)
	s.hasher, err = keys.NewHasher(keys.HashConfig{Cost: keys.Cost{Memory: 64, Time: 1, Threads: 1}, Now: time.Now})
	s.must(err)
	s.must(db.AddClient(t.Context(), &idp.Client{
		ID: "bank", Status: idp.ClientActive, Name: map[string]string{"ru": "Банк"}, SecretHash: []byte{}, CreatedAt: clock.Now(), UpdatedAt: clock.Now(),
	}))
	clients, err := cache.NewClients(t.Context(), db)
	s.must(err)
	sender := &notify.Sender{Ring: s.ring, UI: texts, Now: clock.Now, Issuer: issuer, Channels: map[string]notify.Channel{
		notify.SMS:   &notify.Inbox{DB: db, Now: clock.Now, Name: notify.SMS},
		notify.Email: &notify.Inbox{DB: db, Now: clock.Now, Name: notify.Email},
	}}
	s.jobs = &job.Runner{DB: db, Now: clock.Now, Log: slog.New(slog.DiscardHandler), Handlers: map[string]job.Handler{notify.JobKind: sender.Deliver}}
	s.flows = &flow.Engine{DB: db, Ring: s.ring, Clients: clients, Now: clock.Now, Issuer: issuer, Service: s.service}
	s.register = &register.Register{
		DB: db, Ring: s.ring, Hasher: s.hasher, Flows: s.flows, Sender: sender, Policy: password.Citizen(), MinimumAge: 18, Now: clock.Now, Issuer: issuer,
		Codes:    &guard.Codes{DB: db, Ring: s.ring, Now: clock.Now},
		Budgets:  &guard.Budgets{DB: db, Ring: s.ring, Now: clock.Now},
		Attempts: &guard.Attempts{Ring: s.ring, Now: clock.Now},
	}
	s.echo = echo.New()
	s.echo.Renderer = pages{texts}
	s.routes()
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) routes() {
	e, h := s.echo, s.register
	e.GET("/register", h.Show)
	e.POST("/register", h.Submit)
	e.GET("/register/code", h.ShowCode)
	e.POST("/register/code", h.SubmitCode)
	e.GET("/register/link", h.ShowLink)
	e.POST("/register/link", h.SubmitLink)
	e.GET("/register/password", h.ShowPassword)
	e.POST("/register/password", h.SubmitPassword)
	e.GET("/register/person", h.ShowPerson)
	e.POST("/register/person", h.SubmitPerson)

	e.GET("/authorize", func(c echo.Context) error {
		return s.flows.Begin(c, &flow.Flow{Request: &flow.Request{ClientID: "bank", RedirectURI: "https://bank.test/", Scopes: []string{"openid"}, State: c.QueryParam("state")}})
	})
	for _, step := range []flow.StepKind{flow.StepLogin, flow.StepSMS, flow.StepConsent} {
		e.GET(step.Path(), func(c echo.Context) error {
			v, _, err := s.flows.At(c, step)
			if v == nil {
				return err
			}
			token, err := s.flows.Token(c, v)
			if err != nil {
				return err
			}
			return c.Render(http.StatusOK, "login_password", ui.LoginPassword{Flow: token})
		})
	}
	e.POST("/consent", func(c echo.Context) error {
		v, _, err := s.flows.At(c, flow.StepConsent)
		if v == nil {
			return err
		}
		v.Consented = true
		return s.flows.Proceed(c, v)
	})
	// The stand-in for the page of login and password believes everyone.
	e.POST("/login/password", func(c echo.Context) error {
		v, err := s.flows.Open(c)
		if err != nil {
			return err
		}
		oid, err := s.db.AccountByIdentifier(c.Request().Context(), s.ring.Index(string(idp.IdentifierPhone), c.FormValue("login")))
		if err != nil {
			return err
		}
		subject, err := s.db.SubjectByOID(c.Request().Context(), oid, v.ClientID(), nil)
		if err != nil {
			return err
		}
		v.Named(subject)
		return s.flows.Proved(c, v, flow.Password)
	})
	e.GET("/account", func(c echo.Context) error { return c.String(http.StatusOK, "account") })
}

// browser is one with its cookies; it follows redirects.
type browser struct {
	s       *site
	cookies map[string]*http.Cookie
	at      *url.URL
	status  int
	body    string
	trips   int // round trips of the request that was answered last but redirects
}

func (s *site) browser() *browser { return &browser{s: s, cookies: map[string]*http.Cookie{}} }

func (b *browser) get(address string) *browser {
	b.s.t.Helper()
	return b.do(http.MethodGet, address, "")
}

// post sends a form, with the flow of the page unless one is given.
func (b *browser) post(address string, form url.Values) *browser {
	b.s.t.Helper()
	if !form.Has("flow") && strings.Contains(b.body, `"Flow":`) {
		form.Set("flow", b.flow())
	}
	return b.do(http.MethodPost, address, form.Encode())
}

func (b *browser) do(method, address, body string) *browser {
	b.s.t.Helper()
	trips := -1
	for range 8 {
		r := httptest.NewRequestWithContext(store.CountTrips(b.s.t.Context()), method, address, strings.NewReader(body))
		if body != "" {
			r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
		}
		for _, cookie := range b.cookies {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		b.s.echo.ServeHTTP(w, r)
		for _, cookie := range w.Result().Cookies() {
			b.cookies[cookie.Name] = cookie
		}
		if trips < 0 {
			trips = store.Trips(r.Context())
		}
		b.at, b.status, b.body, b.trips = r.URL, w.Code, w.Body.String(), trips
		if w.Code < 300 || w.Code > 399 {
			return b
		}
		method, address, body = http.MethodGet, w.Header().Get(echo.HeaderLocation), ""
	}
	b.s.t.Fatalf("redirects without end, at %s", b.at)
	return b
}

// page reads what the page shows into its struct.
func page[P ui.Page](b *browser) P {
	b.s.t.Helper()
	var shown struct {
		Template string
		Page     P
	}
	if err := json.Unmarshal([]byte(b.body), &shown); err != nil || shown.Template != shown.Page.Template() {
		b.s.t.Fatalf("%s (%d) is no page %q: %s", b.at, b.status, shown.Page.Template(), b.body)
	}
	return shown.Page
}

func (b *browser) flow() string {
	b.s.t.Helper()
	var shown struct{ Page struct{ Flow string } }
	if err := json.Unmarshal([]byte(b.body), &shown); err != nil || shown.Page.Flow == "" {
		b.s.t.Fatalf("%s (%d) has no flow: %s", b.at, b.status, b.body)
	}
	return shown.Page.Flow
}

// expect checks where the browser is.
func (b *browser) expect(status int, path string) *browser {
	b.s.t.Helper()
	if b.status != status || b.at.Path != path {
		b.s.t.Fatalf("at %s with %d, want %s with %d\n%s", b.at, b.status, path, status, b.body)
	}
	return b
}

// contact gives a contact with both agreements.
func (b *browser) contact(contact string) *browser {
	b.s.t.Helper()
	return b.post("/register", url.Values{"contact": {contact}, "terms": {"yes"}, "personal_data": {"yes"}})
}

// code enters the code sent last to an address.
func (b *browser) code(to string) *browser {
	b.s.t.Helper()
	return b.post("/register/code", url.Values{"code": {b.s.message(to).Code}})
}

func (b *browser) password(text string) *browser {
	b.s.t.Helper()
	return b.post("/register/password", url.Values{"password": {text}, "password2": {text}})
}

func (b *browser) person() *browser {
	b.s.t.Helper()
	return b.post("/register/person", citizen())
}

func citizen() url.Values {
	return url.Values{"surname": {"Тестова"}, "name": {"Анна-Мария"}, "patronymic": {""}, "birth_date": {"31.12.1990"}}
}

// message sends what is queued and reads what was sent last to an address.
func (s *site) message(to string) store.InboxMessage {
	s.t.Helper()
	_, err := s.jobs.Once(s.t.Context())
	s.must(err)
	all, err := s.db.Inbox(s.t.Context(), to, time.Time{}, 1)
	if err != nil || len(all) == 0 {
		s.t.Fatalf("no message to %s: %v", to, err)
	}
	return all[0]
}

// account reads the account of a contact.
func (s *site) account(kind idp.IdentifierKind, contact string) *store.Subject {
	s.t.Helper()
	oid, err := s.db.AccountByIdentifier(s.t.Context(), s.ring.Index(string(kind), contact))
	s.must(err)
	subject, err := s.db.SubjectByOID(s.t.Context(), oid, "bank", nil)
	s.must(err)
	return subject
}

// existing makes an account found by a phone.
func (s *site) existing(phone string) *store.Subject {
	s.t.Helper()
	subject, err := s.db.AddPerson(s.t.Context(), store.NewPerson{
		Account:     idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
		Profile:     idp.Profile{Surname: "Тестов", Name: "Иван", Phone: phone, PhoneVerifiedAt: s.clock.Now()},
		Identifiers: []store.Identifier{{Kind: idp.IdentifierPhone, Values: s.ring.Index(string(idp.IdentifierPhone), phone)}},
	}, s.clock.Now(), nil)
	s.must(err)
	return subject
}

// count counts what a statement finds.
func (s *site) count(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.must(s.db.Q(s.t.Context()).QueryRow(s.t.Context(), sql, args...).Scan(&n))
	return n
}

// sessionOf reads the session that a browser is signed in to.
func (b *browser) sessionOf(subject *store.Subject) *idp.Session {
	b.s.t.Helper()
	r := httptest.NewRequestWithContext(b.s.t.Context(), http.MethodGet, "/", nil)
	for _, cookie := range b.cookies {
		r.AddCookie(cookie)
	}
	ref := session.Cookies{}.Session(b.s.echo.NewContext(r, httptest.NewRecorder()))
	if ref == nil {
		return nil
	}
	known, err := b.s.db.SubjectByOID(b.s.t.Context(), subject.Account.OID, "", ref)
	b.s.must(err)
	return known.Session
}

// forgetClients is what a restart does.
func (s *site) forgetClients() {
	s.t.Helper()
	clients, err := cache.NewClients(s.t.Context(), s.db)
	s.must(err)
	s.flows.Clients = clients
}

func (s *site) begin(f *flow.Flow) echo.HandlerFunc {
	return func(c echo.Context) error {
		fresh := *f
		return s.flows.Begin(c, &fresh)
	}
}
