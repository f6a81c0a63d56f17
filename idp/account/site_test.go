package account_test

import (
	"encoding/json"
	"errors"
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
	"vhod/idp/account"
	"vhod/idp/cache"
	"vhod/idp/flow"
	"vhod/idp/job"
	"vhod/idp/notify"
	"vhod/idp/password"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

const (
	issuer      = "http://id.test"
	oldPassword = "Зелёный-Слон-73"
	newPassword = "Рыжий-Тополь-48"
)

// site is the own account with a real engine of flows, and stand-ins for the steps
// of signing in.
type site struct {
	t      *testing.T
	db     *store.DB
	clock  *storetest.Clock
	ring   *keys.Ring
	hasher *keys.Hasher
	flows  *flow.Engine
	jobs   *job.Runner
	echo   *echo.Echo
}

// service takes every answer.
type service struct{}

func (service) Answer(c echo.Context, _ *flow.Flow, _ *idp.Client, _ flow.Result) error {
	return c.String(http.StatusOK, "answered")
}

func (service) Refuse(c echo.Context, _ *flow.Flow, _ *idp.Client, code, _ string) error {
	return c.String(http.StatusOK, code)
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

func newSite(t *testing.T, db *store.DB, clock *storetest.Clock) *site {
	t.Helper()
	s := &site{t: t, db: db, clock: clock}
	texts, err := ui.New()
	s.must(err)
	s.ring, err = keys.NewRing(t.Context(), keys.Config{Storage: db, KEK: storetest.KEK(t), Now: clock.Now})
	s.must(err)
	s.hasher, err = keys.NewHasher(keys.HashConfig{Cost: keys.Cost{Memory: 64, Time: 1, Threads: 1}, Now: time.Now})
	s.must(err)
	for _, id := range []string{"bank", "tax"} {
		s.must(db.AddClient(t.Context(), &idp.Client{
			ID: id, Status: idp.ClientActive, Name: map[string]string{"ru": "Сервис " + id}, SecretHash: []byte{}, CreatedAt: clock.Now(), UpdatedAt: clock.Now(),
		}))
	}
	clients, err := cache.NewClients(t.Context(), db)
	s.must(err)
	sender := &notify.Sender{Ring: s.ring, UI: texts, Now: clock.Now, Issuer: issuer, Channels: map[string]notify.Channel{
		notify.SMS:   &notify.Inbox{DB: db, Now: clock.Now, Name: notify.SMS},
		notify.Email: &notify.Inbox{DB: db, Now: clock.Now, Name: notify.Email},
	}}
	s.jobs = &job.Runner{DB: db, Now: clock.Now, Log: slog.New(slog.DiscardHandler), Handlers: map[string]job.Handler{notify.JobKind: sender.Deliver}}
	s.flows = &flow.Engine{DB: db, Ring: s.ring, Clients: clients, Now: clock.Now, Issuer: issuer, Service: service{}}
	s.echo = echo.New()
	s.echo.Renderer = pages{texts}
	s.routes(&account.Account{DB: db, Flows: s.flows, Clients: clients, Hasher: s.hasher, Policy: password.Citizen(), Sender: sender, Now: clock.Now})
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) routes(own *account.Account) {
	e := s.echo
	e.GET("/account", own.Home)
	e.GET("/account/profile", own.Profile)
	e.GET("/account/sessions", own.Sessions)
	e.GET("/account/sessions/end", own.AskEndSession)
	e.POST("/account/sessions/end", own.EndSession)
	e.GET("/account/sessions/end-all", own.AskEndAll)
	e.POST("/account/sessions/end-all", own.EndAll)
	e.GET("/account/sessions/end-others", own.AskEndOthers)
	e.POST("/account/sessions/end-others", own.EndOthers)
	e.GET("/account/services", own.Services)
	e.GET("/account/services/withdraw", own.AskWithdraw)
	e.POST("/account/services/withdraw", own.Withdraw)
	e.GET("/account/security", own.Security)
	e.GET("/account/second-factor", own.AskSecondFactor)
	e.POST("/account/second-factor", own.SetSecondFactor)
	e.GET("/account/password", own.Password)
	e.POST("/account/password", own.SetPassword)
	e.POST("/account/sign-out", own.SignOut)
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "home") })

	e.GET("/authorize/:client", func(c echo.Context) error {
		return s.flows.Begin(c, &flow.Flow{Request: &flow.Request{ClientID: c.Param("client"), Scopes: []string{"openid", "profile"}}})
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
	// The stand-ins for the pages of the methods believe everyone.
	e.POST("/login/password", func(c echo.Context) error {
		v, err := s.flows.Open(c)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		oid, err := s.db.AccountByIdentifier(ctx, s.ring.Index(string(idp.IdentifierPhone), c.FormValue("login")))
		if err != nil {
			return err
		}
		subject, err := s.db.SubjectByOID(ctx, oid, v.ClientID(), nil)
		if err != nil {
			return err
		}
		v.Named(subject)
		return s.flows.Proved(c, v, flow.Password)
	})
	e.POST("/login/sms", func(c echo.Context) error {
		v, _, err := s.flows.At(c, flow.StepSMS)
		if v == nil {
			return err
		}
		return s.flows.Proved(c, v, flow.SMS)
	})
	e.POST("/consent", func(c echo.Context) error {
		v, _, err := s.flows.At(c, flow.StepConsent)
		if v == nil {
			return err
		}
		v.Consented = true
		return s.flows.Proceed(c, v)
	})
}

// person makes a citizen with phone, e-mail and password.
func (s *site) person(phone string, change func(*store.NewPerson)) *store.Subject {
	s.t.Helper()
	now := s.clock.Now()
	credential, err := password.New(s.t.Context(), s.hasher, oldPassword, now)
	s.must(err)
	n := store.NewPerson{
		Account: idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
		Profile: idp.Profile{
			Surname: "Тестов", Name: "Иван", Patronymic: "Петрович", BirthDate: "1990-12-31", SNILS: "11223344595",
			Phone: phone, PhoneVerifiedAt: now, Email: "ivan" + phone + "@example.org", EmailVerifiedAt: now,
		},
		Identifiers: []store.Identifier{{Kind: idp.IdentifierPhone, Values: s.ring.Index(string(idp.IdentifierPhone), phone)}},
		Credentials: []idp.Credential{credential},
	}
	if change != nil {
		change(&n)
	}
	subject, err := s.db.AddPerson(s.t.Context(), n, now, nil)
	s.must(err)
	return subject
}

// read reads an account again.
func (s *site) read(subject *store.Subject) *store.Subject {
	s.t.Helper()
	again, err := s.db.SubjectByOID(s.t.Context(), subject.Account.OID, "bank", nil)
	s.must(err)
	return again
}

// count counts what a statement finds.
func (s *site) count(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.must(s.db.Q(s.t.Context()).QueryRow(s.t.Context(), sql, args...).Scan(&n))
	return n
}

// events counts the audit journal's lines of a name about an account.
func (s *site) events(subject *store.Subject, name idp.EventName) int64 {
	s.t.Helper()
	return s.count(`SELECT COUNT(*) FROM event WHERE account_id = $1 AND name = $2`, int64(subject.Account.OID), string(name))
}

// browser is one with its cookies; it follows redirects.
type browser struct {
	s       *site
	cookies map[string]*http.Cookie
	agent   string
	at      *url.URL
	status  int
	body    string
}

func (s *site) browser() *browser { return &browser{s: s, cookies: map[string]*http.Cookie{}} }

// signedIn is a browser that a citizen has just signed in with.
func (s *site) signedIn(phone string) *browser {
	s.t.Helper()
	b := s.browser()
	return b.get("/account").signIn(phone).expect(http.StatusOK, "/account")
}

func (b *browser) signIn(phone string) *browser {
	b.s.t.Helper()
	b.expect(http.StatusOK, "/login").post("/login/password", url.Values{"login": {phone}})
	if b.at.Path == "/login/sms" {
		b.post("/login/sms", url.Values{})
	}
	return b
}

func (b *browser) get(address string) *browser {
	b.s.t.Helper()
	return b.do(http.MethodGet, address, "")
}

// post sends a form, with the flow of the page if it has one.
func (b *browser) post(address string, form url.Values) *browser {
	b.s.t.Helper()
	var shown struct{ Page struct{ Flow string } }
	if json.Unmarshal([]byte(b.body), &shown) == nil && shown.Page.Flow != "" {
		form.Set("flow", shown.Page.Flow)
	}
	if ref := b.session(); ref != nil && !form.Has("for") {
		// The page that is posted from was shown to who is signed in.
		subject, err := b.s.db.SubjectBySession(b.s.t.Context(), *ref, "")
		if err == nil {
			form.Set("for", subject.Account.OID.String())
		} else if !errors.Is(err, store.ErrNotFound) {
			b.s.t.Fatal(err)
		}
	}
	return b.do(http.MethodPost, address, form.Encode())
}

func (b *browser) do(method, address, body string) *browser {
	b.s.t.Helper()
	for range 8 {
		w := httptest.NewRecorder()
		r := b.request(method, address, strings.NewReader(body))
		b.s.echo.ServeHTTP(w, r)
		for _, cookie := range w.Result().Cookies() {
			if b.cookies[cookie.Name] = cookie; cookie.MaxAge < 0 {
				delete(b.cookies, cookie.Name)
			}
		}
		b.at, b.status, b.body = r.URL, w.Code, w.Body.String()
		if w.Code < 300 || w.Code > 399 {
			return b
		}
		method, address, body = http.MethodGet, w.Header().Get(echo.HeaderLocation), ""
	}
	b.s.t.Fatalf("redirects without end, at %s", b.at)
	return b
}

func (b *browser) request(method, address string, body io.Reader) *http.Request {
	r := httptest.NewRequestWithContext(b.s.t.Context(), method, address, body)
	r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
	r.Header.Set("User-Agent", b.agent)
	for _, cookie := range b.cookies {
		r.AddCookie(cookie)
	}
	return r
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

// expect checks where the browser is.
func (b *browser) expect(status int, path string) *browser {
	b.s.t.Helper()
	if b.status != status || b.at.Path != path {
		b.s.t.Fatalf("at %s with %d, want %s with %d\n%s", b.at, b.status, path, status, b.body)
	}
	return b
}

// session is what the browser's cookie points at; nil without one.
func (b *browser) session() *store.SessionRef {
	return session.Cookies{}.Session(b.s.echo.NewContext(b.request(http.MethodGet, "/", nil), httptest.NewRecorder()))
}
