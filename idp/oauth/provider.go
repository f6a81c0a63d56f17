package oauth

import (
	"time"

	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/cache"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/oauth/token"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
)

// Config is what the protocol needs of the rest.
type Config struct {
	DB      *store.DB
	Ring    *keys.Ring
	Clients *cache.Clients
	Revoked *cache.Revoked
	Flows   *flow.Engine
	Cookies session.Cookies
	Now     idp.Clock
	Issuer  string
	// Grace is how long the former refresh token still answers with its successor.
	Grace time.Duration
	// FormAction names the value of the echo context under which the origin that
	// a page may post to is told to the security headers.
	FormAction string
	// Rates and ClientRate limit each service that has proved who it is.
	Rates      *guard.Rates
	ClientRate guard.Rate
	// Issued, when given, hears how each request of the token endpoint ended: the
	// grant as far as there is such a one, the service once it is authenticated, and
	// "issued" or the code of the error.
	Issued func(grant, clientID, outcome string)
}

// Provider serves the protocol's endpoints.
type Provider struct {
	Config
	tokens    *token.Issuer
	fosite    *fosite.Fosite
	discovery []byte
}

// New wires fosite with our own handlers alone.
func New(c Config) (*Provider, error) {
	p := &Provider{Config: c, tokens: &token.Issuer{Ring: c.Ring, Now: c.Now, URL: c.Issuer}}
	var err error
	if p.discovery, err = discoveryDocument(c.Issuer); err != nil {
		return nil, err
	}
	code := &codeHandler{p}
	p.fosite = &fosite.Fosite{Config: &fosite.Config{
		AuthorizeEndpointHandlers:    fosite.AuthorizeEndpointHandlers{code},
		TokenEndpointHandlers:        fosite.TokenEndpointHandlers{code, &refreshHandler{p}, &clientCredentialsHandler{p}},
		ClientAuthenticationStrategy: p.authenticate,
		AccessTokenIssuer:            c.Issuer,
	}}
	return p, nil
}

// client wraps a service for fosite.
type client struct{ *idp.Client }

var _ fosite.Client = client{}

func (c client) GetID() string                      { return c.ID }
func (c client) GetHashedSecret() []byte            { return c.SecretHash }
func (c client) GetRedirectURIs() []string          { return c.RedirectURIs }
func (c client) GetGrantTypes() fosite.Arguments    { return c.GrantTypes }
func (c client) GetResponseTypes() fosite.Arguments { return c.ResponseTypes }
func (c client) IsPublic() bool                     { return c.Public() }
func (c client) GetAudience() fosite.Arguments      { return nil }
func (c client) GetScopes() fosite.Arguments {
	var all fosite.Arguments
	for _, s := range c.Scopes {
		all = append(all, s.Name)
	}
	return all
}

// grantSession carries through fosite what is granted.
type grantSession struct {
	token.Grant
	// SecurityVersion is that of the account when it was proved.
	SecurityVersion int64
	RedirectURI     string // as the service wrote it
	Nonce           string
	Challenge       string
	// Refresh is the refresh token to hand out; nil is none.
	Refresh *token.Refresh
	// Narrowed are the scopes of this answer when fewer than granted were asked.
	Narrowed []string
}

var _ fosite.Session = (*grantSession)(nil)

// SetExpiresAt does nothing: the issuer knows how long tokens are good.
func (s *grantSession) SetExpiresAt(fosite.TokenType, time.Time) {}
func (s *grantSession) GetExpiresAt(fosite.TokenType) time.Time  { return time.Time{} }
func (s *grantSession) GetUsername() string                      { return "" }
func (s *grantSession) GetSubject() string                       { return s.Subject() }
func (s *grantSession) Clone() fosite.Session                    { c := *s; return &c }
