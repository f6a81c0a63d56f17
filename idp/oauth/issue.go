package oauth

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/keys"
)

// issue puts the tokens of a grant into the answer: the one place where every
// grant's tokens are made.
func (p *Provider) issue(ctx context.Context, r fosite.AccessRequester, response fosite.AccessResponder) error {
	s, ok := r.GetSession().(*grantSession)
	if !ok {
		return errors.New("oauth: a foreign session")
	}
	g := s.Grant
	if s.Narrowed != nil {
		g.Scopes = s.Narrowed
	}
	access, err := p.tokens.Access(ctx, &g)
	if err != nil {
		return err
	}
	response.SetAccessToken(access)
	response.SetTokenType("Bearer")
	response.SetExpiresIn(idp.AccessTokenLife)
	response.SetScopes(g.Scopes) // RFC 6749 §5.1
	if s.Refresh != nil {
		refresh, err := p.tokens.Refresh(*s.Refresh)
		if err != nil {
			return err
		}
		response.SetExtra("refresh_token", refresh)
	}
	if g.OID == 0 || !slices.Contains(g.Scopes, idp.ScopeOpenID) {
		return nil
	}
	c, ok := r.GetClient().(client)
	if !ok {
		return errors.New("oauth: a foreign client")
	}
	id, err := p.tokens.ID(ctx, &g, idTokenAlg(c.Client), s.Nonce, access)
	if err != nil {
		return err
	}
	response.SetExtra("id_token", id)
	return nil
}

// idTokenAlg is what a service registered, else RS256 (OpenID Connect Dynamic
// Client Registration §2).
func idTokenAlg(c *idp.Client) string {
	if c.IDTokenAlg == "" {
		return keys.RS256
	}
	return c.IDTokenAlg
}

// narrowed checks a scope parameter against what was granted (RFC 6749 §6).
func narrowed(asked string, granted []string) ([]string, error) {
	var all []string
	for _, s := range strings.Fields(asked) {
		if !slices.Contains(granted, s) {
			return nil, fosite.ErrInvalidScope.WithHint("a scope was not granted")
		}
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all, nil
}
