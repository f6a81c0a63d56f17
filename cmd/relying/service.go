package relying

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// Service is the two relying services behind one handler.
type Service struct {
	cfg      Config
	found    *discovery
	parties  []*party
	renderer *renderer
	secure   bool // browsers reach us by https
}

// party is one relying service: its registration, its cookies, its sessions.
type party struct {
	*Service
	name     string // "bank" or "state": path, cookies, texts
	home     string // absolute address of its first page, ending in a slash
	client   Client
	style    oauth2.AuthStyle
	jwks     []byte // public keys, nil when it authenticates by secret
	http     *http.Client
	sessions *sessions
}

// New checks cfg and prepares the services. It does not call the provider.
func New(cfg Config) (*Service, error) {
	cfg, err := cfg.validate()
	if err != nil {
		return nil, fmt.Errorf("relying: %w", err)
	}
	pages, err := newRenderer()
	if err != nil {
		return nil, fmt.Errorf("relying: %w", err)
	}
	s := &Service{cfg: cfg, renderer: pages, secure: strings.HasPrefix(cfg.BaseURL, "https://")}
	s.found = &discovery{issuer: cfg.Issuer, client: outgoing(cfg.HTTPClient), now: cfg.Now}
	for _, each := range []struct {
		name   string
		client Client
	}{{"bank", cfg.Bank}, {"state", cfg.State}} {
		p, err := s.newParty(each.name, each.client)
		if err != nil {
			return nil, fmt.Errorf("relying: %s: %w", each.name, err)
		}
		s.parties = append(s.parties, p)
	}
	return s, nil
}

func (s *Service) newParty(name string, client Client) (*party, error) {
	if err := client.validate(); err != nil {
		return nil, err
	}
	p := &party{
		Service: s, name: name, client: client,
		home:     s.cfg.BaseURL + "/" + name + "/",
		style:    oauth2.AuthStyleInHeader,
		http:     outgoing(s.cfg.HTTPClient),
		sessions: newSessions(maxSessions, s.cfg.Now),
	}
	if len(client.Key) == 0 {
		return p, nil
	}
	key, err := client.signingKey()
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if p.jwks, err = client.JWKS(); err != nil {
		return nil, err
	}
	p.style = oauth2.AuthStyleInParams
	p.http.Transport = asserting{next: p.http.Transport, signer: signer, client: client.ID, issuer: s.cfg.Issuer, now: s.cfg.Now}
	return p, nil
}

func (p *party) oauth(m *metadata) *oauth2.Config {
	endpoint := m.Endpoint()
	endpoint.AuthStyle = p.style
	return &oauth2.Config{
		ClientID: p.client.ID, ClientSecret: p.client.Secret, Endpoint: endpoint,
		RedirectURL: p.home + "callback", Scopes: p.client.Scopes,
	}
}

// Handler serves both services. Paths: /, /static/, and for each service
// /{name}/ with login, callback, refresh, revoke, logout, goodbye and jwks.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showIndex)
	mux.HandleFunc("GET /static/{file}", s.renderer.serveStatic)
	mux.HandleFunc("/", s.showMissing)
	for _, p := range s.parties {
		at := "/" + p.name
		mux.Handle("GET "+at, http.RedirectHandler(at+"/", http.StatusMovedPermanently))
		mux.HandleFunc("GET "+at+"/{$}", p.show)
		mux.HandleFunc("GET "+at+"/login", p.login)
		mux.HandleFunc("GET "+at+"/callback", p.callback)
		mux.HandleFunc("POST "+at+"/refresh", p.refresh)
		mux.HandleFunc("POST "+at+"/revoke", p.revoke)
		mux.HandleFunc("POST "+at+"/logout", p.logout)
		mux.HandleFunc("GET "+at+"/goodbye", p.goodbye)
		if p.jwks != nil {
			mux.HandleFunc("GET "+at+"/jwks", p.showKeys)
		}
	}
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(s.showForeign))
	return s.logged(s.secured(guard.Handler(mux)))
}

func (p *party) showKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json") // RFC 7517 §8.5.2
	w.Header().Set("Cache-Control", "public, max-age=300")
	p.write(w, http.StatusOK, p.jwks)
}

// canonical is where the browser should be instead, when it used the other name
// of this machine: cookies set for 127.0.0.1 would be missing at localhost.
func (s *Service) canonical(r *http.Request) string {
	base, err := url.Parse(s.cfg.BaseURL)
	if err != nil || r.Host == base.Host {
		return ""
	}
	here := &url.URL{Host: r.Host}
	if !loopback(here.Hostname()) || !loopback(base.Hostname()) || here.Port() != base.Port() {
		return ""
	}
	return s.cfg.BaseURL + r.URL.RequestURI()
}

func loopback(name string) bool { return name == "localhost" || name == "127.0.0.1" || name == "::1" }
