package oauth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/oauth/token"
)

// Revoke is POST /oauth2/revoke (RFC 7009). A token that is unknown, expired or
// another service's is answered like one revoked (§2.2).
func (p *Provider) Revoke(c echo.Context) error {
	noStore(c)
	asker, err := p.asking(c)
	if err != nil {
		return p.oauthError(c, err)
	}
	ctx, text := withRequestID(c), c.Request().PostForm.Get("token")
	if text == "" {
		return p.oauthError(c, fosite.ErrInvalidRequest.WithHint("token is missing"))
	}
	shown, err := p.tokens.ParseRefresh(text)
	if err == nil {
		err = p.revokeFamily(ctx, asker, shown)
	} else if isTokenError(err) {
		err = p.revokeAccess(ctx, asker, text)
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

func (p *Provider) revokeFamily(ctx context.Context, asker *idp.Client, shown token.Refresh) error {
	event, err := p.grantEvent(ctx, idp.EventTokenRevoked, map[string]string{"token": "refresh"})
	if err != nil {
		return err
	}
	return p.DB.RevokeGrant(ctx, shown.Bucket, shown.Grant, asker.ID, p.Now(), event)
}

// revokeAccess notes an access token as revoked until it would have expired.
func (p *Provider) revokeAccess(ctx context.Context, asker *idp.Client, text string) error {
	access, err := p.tokens.VerifyAccess(ctx, text)
	if isTokenError(err) || err == nil && access.ClientID != asker.ID {
		return nil
	}
	if err != nil {
		return err
	}
	event, err := audit.ByClient(requestID(ctx), p.Now(), idp.EventTokenRevoked, access.OID(), asker.ID, map[string]string{"token": "access"})
	if err != nil {
		return err
	}
	return p.DB.RevokeToken(ctx, access.ID, p.Now(), time.Unix(access.Expires, 0).Add(time.Minute), event)
}

func joined(scopes []string) string { return strings.Join(scopes, " ") }
