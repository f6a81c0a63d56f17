package oauth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/cache"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/oauth"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

const (
	issuer   = "https://id.example"
	callback = "https://bank.example/callback"
	goodbye  = "https://bank.example/bye"
	verifier = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDE"
	secret   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// provider is the protocol without the pages of sign-in: its citizens are signed
// in by their session alone.
type provider struct {
	*oauth.Provider
	t       testing.TB
	db      *store.DB
	clock   *storetest.Clock
	clients *cache.Clients
	cookies session.Cookies
	echo    *echo.Echo
}

// asJSON shows pages as their typed contents.
type asJSON struct{}

func (asJSON) Render(w io.Writer, name string, data any, _ echo.Context) error {
	return json.NewEncoder(w).Encode(map[string]any{"page": name, "data": data})
}

func newProvider(t testing.TB, db *store.DB, clock *storetest.Clock, change func(*oauth.Config)) *provider {
	t.Helper()
	ring, err := keys.NewRing(t.Context(), keys.Config{Storage: db, KEK: storetest.KEK(t), Now: clock.Now, Algorithms: []string{keys.ES256, keys.EdDSA}})
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, db: db, clock: clock, cookies: session.Cookies{Secure: true}, echo: echo.New()}
	if p.clients, err = cache.NewClients(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	revoked, err := cache.NewRevoked(t.Context(), db, clock.Now, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	flows := &flow.Engine{DB: db, Ring: ring, Clients: p.clients, Cookies: p.cookies, Now: clock.Now, Issuer: issuer}
	config := oauth.Config{
		DB: db, Ring: ring, Clients: p.clients, Revoked: revoked, Flows: flows, Cookies: p.cookies, Now: clock.Now, Issuer: issuer, Grace: idp.RefreshGrace, FormAction: "form_action",
		Rates: guard.NewRates(clock.Now), ClientRate: guard.Rate{Limit: 1_000_000, Per: time.Minute},
	}
	if change != nil {
		change(&config)
	}
	if p.Provider, err = oauth.New(config); err != nil {
		t.Fatal(err)
	}
	flows.Service = p
	p.routes()
	return p
}

func (p *provider) routes() {
	e := p.echo
	e.Renderer = asJSON{}
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		p.t.Errorf("%s %s: %v", c.Request().Method, c.Request().URL.Path, err)
		if err := c.NoContent(http.StatusInternalServerError); err != nil {
			p.t.Error(err)
		}
	}
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header().Set(echo.HeaderXRequestID, "R1")
			return next(c)
		}
	})
	for path, handler := range map[string]echo.HandlerFunc{
		"/oauth2/authorize": p.Authorize, "/oauth2/token": p.Token, "/oauth2/userinfo": p.Userinfo, "/oauth2/introspect": p.Introspect,
		"/oauth2/revoke": p.Revoke, "/oauth2/logout": p.Logout, "/oauth2/jwks": p.JWKS, "/.well-known/openid-configuration": p.Discovery,
	} {
		e.GET(path, handler)
		e.POST(path, handler)
		e.OPTIONS(path, handler, oauth.CORS)
	}
}

// service registers a relying service.
func (p *provider) service(id string, change func(*idp.Client)) {
	p.t.Helper()
	sum := sha256.Sum256([]byte(secret))
	c := &idp.Client{
		ID: id, SecretHash: sum[:], Status: idp.ClientActive, CreatedAt: p.clock.Now(), UpdatedAt: p.clock.Now(),
		Name: map[string]string{"en": "Bank"}, RedirectURIs: []string{callback}, PostLogoutRedirectURIs: []string{goodbye},
		ResponseTypes: []string{"code"}, GrantTypes: []string{"authorization_code", "refresh_token", "client_credentials"}, ApplicationType: "web",
		TokenEndpointAuthMethod: idp.AuthBasic, RequirePKCE: true, IDTokenAlg: keys.ES256,
	}
	for _, s := range append(idp.Scopes(), "reports") {
		c.Scopes = append(c.Scopes, idp.ClientScope{Name: s})
	}
	if change != nil {
		change(c)
	}
	if err := p.db.AddClient(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
	if err := p.clients.Maintain(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

// citizen is a person whose browser is signed in.
type citizen struct {
	p       *provider
	subject *store.Subject
	session *idp.Session
	cookies []*http.Cookie
}

// citizen signs a person in who has allowed everything to the given services.
func (p *provider) citizen(services ...string) *citizen {
	p.t.Helper()
	now := p.clock.Now()
	s, err := p.db.AddPerson(p.t.Context(), store.NewPerson{
		Account: idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
		Profile: idp.Profile{
			Surname: "Тестов", Name: "Иван", Patronymic: "Петрович", BirthDate: "1990-12-31", Gender: "male", Birthplace: "г. Образцовск", Citizenship: "RUS",
			Address: "г. Образцовск", Phone: "+79990000001", PhoneVerifiedAt: now, Email: "ivan@example.org", SNILS: "00000000000", INN: "000000000000", UpdatedAt: now,
		},
		Documents: []idp.Document{{
			ID: uuid.New(), Type: idp.DocumentPassport, Source: "register", CreatedAt: now,
			Fields: map[string]string{"series": "0000", "number": "000000", "issue_date": "2010-06-01"},
		}},
	}, now, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	c := &citizen{p: p, subject: s}
	secret, hash := session.NewSecret()
	c.session = &idp.Session{
		ID: uuid.New(), CookieHash: hash, OID: s.Account.OID, SecurityVersion: s.Account.SecurityVersion, AMR: []string{"pwd"},
		AuthTime: now, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(idp.SessionAbsolute),
	}
	if len(services) == 0 {
		services = []string{"bank"}
	}
	for i, id := range services {
		done := store.Finish{FlowID: uuid.New(), Browser: []byte(s.Account.OID.String() + id), Subject: s, Consent: &idp.Consent{ClientID: id, Scopes: idp.Scopes()}}
		if i == 0 {
			done.Session = c.session
		}
		if _, err := p.db.FinishFlow(p.t.Context(), done, now); err != nil {
			p.t.Fatal(err)
		}
	}
	recorder := httptest.NewRecorder()
	context := p.echo.NewContext(httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, "/", nil), recorder)
	p.cookies.SetSession(context, s.Account.OID.Bucket(), c.session.ID, secret)
	p.cookies.EnsureBrowser(context)
	c.cookies = recorder.Result().Cookies()
	return c
}

// reply is an answer; body is what its JSON says, if it is some.
type reply struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
	trips  int
}

func (r reply) text(name string) string {
	s, _ := r.body[name].(string)
	return s
}

// sent is the parameters with which a redirect goes back to the service.
func (r reply) sent() url.Values {
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		return url.Values{}
	}
	return u.Query()
}

func (p *provider) do(r *http.Request) reply {
	p.t.Helper()
	ctx := store.CountTrips(r.Context())
	recorder := httptest.NewRecorder()
	p.echo.ServeHTTP(recorder, r.WithContext(ctx))
	out := reply{status: recorder.Code, header: recorder.Header(), raw: recorder.Body.String(), trips: store.Trips(ctx)}
	if out.raw != "" && json.Unmarshal([]byte(out.raw), &out.body) != nil {
		out.body = nil
	}
	return out
}

func (p *provider) get(path string, cookies ...*http.Cookie) reply {
	p.t.Helper()
	r := httptest.NewRequestWithContext(ui.WithLang(p.t.Context(), "en"), http.MethodGet, path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return p.do(r)
}

func (p *provider) form(path string, form url.Values) *http.Request {
	r := httptest.NewRequestWithContext(ui.WithLang(context.WithoutCancel(p.t.Context()), "en"), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
	return r
}

// call posts as the bank by basic authentication, unless the form says who.
func (p *provider) call(path string, form url.Values) reply {
	p.t.Helper()
	r := p.form(path, form)
	if !form.Has("client_id") && !form.Has("client_assertion") {
		r.SetBasicAuth("bank", secret)
	}
	return p.do(r)
}

func with(base, change url.Values) url.Values {
	out := maps.Clone(base)
	for name, values := range change {
		if len(values) == 0 {
			delete(out, name)
			continue
		}
		out[name] = values
	}
	return out
}

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// request is the bank's; no values for a name remove it.
func request(change url.Values) url.Values {
	return with(url.Values{
		"client_id": {"bank"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid profile phone"},
		"state": {"s t&a"}, "nonce": {"n"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}, change)
}

func (c *citizen) authorize(change url.Values) reply {
	c.p.t.Helper()
	return c.p.get("/oauth2/authorize?"+request(change).Encode(), c.cookies...)
}

func (c *citizen) code(change url.Values) string {
	c.p.t.Helper()
	r := c.authorize(change)
	code := r.sent().Get("code")
	if code == "" {
		c.p.t.Fatalf("no code: %d %q %s", r.status, r.header.Get("Location"), r.raw)
	}
	return code
}

func (p *provider) redeem(code string, change url.Values) reply {
	p.t.Helper()
	return p.call("/oauth2/token", with(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}, change))
}

func (p *provider) refresh(token string, change url.Values) reply {
	p.t.Helper()
	return p.call("/oauth2/token", with(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, change))
}

func (c *citizen) tokens(change url.Values) reply {
	c.p.t.Helper()
	r := c.p.redeem(c.code(change), nil)
	if r.status != http.StatusOK {
		c.p.t.Fatalf("redeem: %d %s", r.status, r.raw)
	}
	return r
}

func (p *provider) userinfo(access string) reply {
	p.t.Helper()
	r := httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, "/oauth2/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+access)
	return p.do(r)
}

func (p *provider) refused(r reply, status int, code string) {
	p.t.Helper()
	if r.status != status || r.text("error") != code {
		p.t.Errorf("%d %s, want %d %s", r.status, r.raw, status, code)
	}
}

// events counts the events of an account by name.
func (c *citizen) events(name idp.EventName) (n int) {
	c.p.t.Helper()
	err := c.p.db.Q(c.p.t.Context()).QueryRow(c.p.t.Context(), `SELECT count(*) FROM event WHERE bucket = $1 AND account_id = $2 AND name = $3 AND request_id = 'R1'`,
		int16(c.subject.Account.OID.Bucket()), int64(c.subject.Account.OID), string(name)).Scan(&n)
	if err != nil {
		c.p.t.Fatal(err)
	}
	return n
}

// bank is a provider with the bank.
func bank(t testing.TB, db *store.DB, clock *storetest.Clock) *provider {
	t.Helper()
	p := newProvider(t, db, clock, nil)
	p.service("bank", nil)
	return p
}

// onSQLite is bank on the embedded engine.
func onSQLite(t testing.TB) *provider {
	t.Helper()
	db, clock := storetest.Open(t, storetest.SQLite)
	return bank(t, db, clock)
}

func decode(t *testing.T, jwt string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	for i, out := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}
