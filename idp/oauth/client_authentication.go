package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/store"
)

// credentials are what a request shows of a service, by exactly one method.
type credentials struct {
	method    string
	id        string
	secret    string
	assertion string
}

// assertionType is the client_assertion_type of RFC 7523 §2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// shown reads the credentials of a request (RFC 6749 §2.3: not more than one
// method a request).
func shown(r *http.Request, form url.Values) (credentials, error) {
	var all []credentials
	if id, secret, ok := r.BasicAuth(); ok {
		// RFC 6749 §2.3.1: form-encoded before they were joined.
		plainID, errID := url.QueryUnescape(id)
		plainSecret, errSecret := url.QueryUnescape(secret)
		if errID != nil || errSecret != nil {
			return credentials{}, fosite.ErrInvalidClient.WithHint("the Authorization header is not form-encoded before it is joined")
		}
		all = append(all, credentials{method: idp.AuthBasic, id: plainID, secret: plainSecret})
	} else if r.Header.Get("Authorization") != "" {
		return credentials{}, fosite.ErrInvalidClient.WithHint("the Authorization header cannot be read")
	}
	if form.Get("client_secret") != "" {
		all = append(all, credentials{method: idp.AuthPost, id: form.Get("client_id"), secret: form.Get("client_secret")})
	}
	if form.Has("client_assertion") || form.Has("client_assertion_type") {
		if form.Get("client_assertion_type") != assertionType {
			return credentials{}, fosite.ErrInvalidClient.WithHint("client_assertion_type is not known")
		}
		all = append(all, credentials{method: idp.AuthPrivateKeyJWT, id: form.Get("client_id"), assertion: form.Get("client_assertion")})
	}
	switch len(all) {
	case 0:
		if form.Get("client_id") == "" {
			return credentials{}, fosite.ErrInvalidClient.WithHint("the service does not say who it is")
		}
		return credentials{method: idp.AuthNone, id: form.Get("client_id")}, nil
	case 1:
		if id := form.Get("client_id"); id != "" && all[0].id != "" && id != all[0].id {
			return credentials{}, fosite.ErrInvalidClient.WithHint("client_id differs from the credentials")
		}
		return all[0], nil
	default:
		return credentials{}, fosite.ErrInvalidRequest.WithHint("a service authenticates by one method at a time")
	}
}

// nobody is compared with when there is no such service, for the same work.
var nobody = &idp.Client{SecretHash: make([]byte, sha256.Size), TokenEndpointAuthMethod: idp.AuthBasic}

// authenticate is fosite's strategy: by the one method that the service
// registered (OpenID Connect Core §9).
func (p *Provider) authenticate(ctx context.Context, r *http.Request, form url.Values) (fosite.Client, error) {
	known, err := p.authenticated(ctx, r, form)
	if err != nil {
		return nil, err
	}
	return client{known}, nil
}

func (p *Provider) authenticated(ctx context.Context, r *http.Request, form url.Values) (*idp.Client, error) {
	c, err := shown(r, form)
	if err != nil {
		return nil, err
	}
	if c.method == idp.AuthPrivateKeyJWT && c.id == "" {
		c.id = assertionSubject(c.assertion)
	}
	known, err := p.client(ctx, c.id)
	if err != nil {
		return nil, err
	}
	switch ok := known.TokenEndpointAuthMethod == c.method && known != nobody; c.method {
	case idp.AuthBasic, idp.AuthPost:
		sum := sha256.Sum256([]byte(c.secret))
		if subtle.ConstantTimeCompare(sum[:], known.SecretHash) != 1 || !ok {
			return nil, errClient
		}
	case idp.AuthPrivateKeyJWT:
		if !ok {
			return nil, errClient
		}
		if err := p.checkAssertion(ctx, known, c.assertion); err != nil {
			return nil, err
		}
	default:
		if !ok {
			return nil, errClient
		}
		return known, nil // anybody may give the name of a public one: a limit would be a stranger's lever
	}
	return known, p.Rates.Take("client", known.ID, p.ClientRate)
}

// errClient says the same whatever was wrong.
var errClient = fosite.ErrInvalidClient.WithHint("the service could not be authenticated")

func (p *Provider) client(ctx context.Context, id string) (*idp.Client, error) {
	known, err := p.activeClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nobody, nil
	}
	return known, err
}

const maxClientID = 255

// activeClient finds a service that may use the provider; store.ErrNotFound when
// there is none. An id that cannot be one (RFC 6749 appendix A.1) is not looked up.
func (p *Provider) activeClient(ctx context.Context, id string) (*idp.Client, error) {
	if id == "" || len(id) > maxClientID || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, store.ErrNotFound
	}
	known, err := p.Clients.Client(ctx, id)
	if err == nil && known.Status != idp.ClientActive {
		return nil, store.ErrNotFound
	}
	return known, err
}
