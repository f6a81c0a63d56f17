package oauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/oauth/token"
	"vhod/store"
)

// Introspect is POST /oauth2/introspect (RFC 7662): a confidential service asks
// about its own tokens.
func (p *Provider) Introspect(c echo.Context) error {
	noStore(c)
	asker, err := p.asking(c)
	if err != nil {
		return p.oauthError(c, err)
	}
	if asker.Public() {
		return p.oauthError(c, errClient) // RFC 7662 §2.1
	}
	text := c.Request().PostForm.Get("token")
	if text == "" {
		return p.oauthError(c, fosite.ErrInvalidRequest.WithHint("token is missing")) // RFC 7662 §2.1
	}
	answer, err := p.introspected(c.Request().Context(), asker, text)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// asking authenticates the service of a form.
func (p *Provider) asking(c echo.Context) (*idp.Client, error) {
	if err := p.form(c); err != nil {
		return nil, err
	}
	return p.authenticated(c.Request().Context(), c.Request(), c.Request().PostForm)
}

// inactive is all that is told of a token that is not good, or not the asker's
// (RFC 7662 §2.2).
func inactive() map[string]any { return map[string]any{"active": false} }

func (p *Provider) introspected(ctx context.Context, asker *idp.Client, text string) (map[string]any, error) {
	shown, err := p.tokens.ParseRefresh(text)
	if err != nil && !isTokenError(err) {
		return nil, err
	}
	if err == nil {
		g, err := p.DB.RefreshActive(ctx, store.Refreshing{Bucket: shown.Bucket, Grant: shown.Grant, ClientID: asker.ID, Generation: shown.Generation}, p.Now())
		if errors.Is(err, store.ErrNotFound) {
			return inactive(), nil
		}
		if err != nil {
			return nil, err
		}
		return map[string]any{"active": true, "client_id": g.ClientID, "sub": g.OID.String(), "scope": joined(g.Scopes), "iss": p.Issuer, "token_use": "refresh_token"}, nil
	}
	access, err := p.tokens.VerifyAccess(ctx, text)
	if isTokenError(err) || err == nil && access.ClientID != asker.ID {
		return inactive(), nil
	}
	if err != nil {
		return nil, err
	}
	active, err := p.active(ctx, access)
	if err != nil {
		return nil, err
	}
	if !active {
		return inactive(), nil
	}
	answer := map[string]any{
		"active": true, "token_type": "Bearer", "client_id": access.ClientID, "sub": access.Subject, "scope": access.Scope, "aud": access.Audience,
		"iss": access.Issuer, "iat": access.IssuedAt, "exp": access.Expires, "jti": access.ID,
	}
	if access.ACR != "" {
		answer["acr"], answer["amr"], answer["auth_time"] = access.ACR, access.AMR, access.AuthTime
	}
	return answer, nil
}

func accessRef(a *token.Access, r token.Reference) store.AccessRef {
	return store.AccessRef{Bucket: r.Bucket, Grant: r.Grant, ClientID: a.ClientID, TokenID: a.ID}
}

// active asks whether a token that is authentic and in time was revoked. It costs
// no round trip: what ends a grant is kept in memory.
func (p *Provider) active(ctx context.Context, access *token.Access) (bool, error) {
	reference, ok := access.Reference()
	if !ok {
		return false, nil
	}
	revoked, err := p.Revoked.Token(ctx, access.ID, reference.Bucket, reference.Grant)
	return !revoked, err
}
