package oauth

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/audit"
)

// Revoke is POST /oauth2/revoke (RFC 7009). A token that is unknown, expired or
// another service's is answered like one revoked (§2.2).
func (p *Provider) Revoke(c echo.Context) error {
	noStore(c)
	asker, err := p.asking(c)
	if err != nil {
		return p.oauthError(c, err)
	}
	ctx, text := c.Request().Context(), c.Request().PostForm.Get("token")
	if text == "" {
		return p.oauthError(c, fosite.ErrInvalidRequest.WithHint("token is missing"))
	}
	event, err := audit.ByClient(requestID(withRequestID(c)), p.Now(), idp.EventTokenRevoked, 0, asker.ID, nil)
	if err != nil {
		return err
	}
	if shown, ok := p.tokens.ParseRefresh(text); ok {
		if err := p.DB.RevokeGrant(ctx, shown.Bucket, shown.Grant, asker.ID, p.Now(), event); err != nil {
			return err
		}
		return c.NoContent(http.StatusOK)
	}
	access, err := p.tokens.VerifyAccess(ctx, text)
	if err != nil && !isTokenError(err) {
		return err
	}
	if err == nil && access.ClientID == asker.ID {
		if err := p.DB.RevokeToken(ctx, access.ID, time.Unix(access.Expires, 0).Add(time.Minute), event); err != nil {
			return err
		}
	}
	return c.NoContent(http.StatusOK)
}

func joined(scopes []string) string { return strings.Join(scopes, " ") }
