package oauth

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/store"
)

// Userinfo is GET and POST /oauth2/userinfo (OpenID Connect Core §5.3): what the
// citizen lets the service read, in one round trip.
func (p *Provider) Userinfo(c echo.Context) error {
	noStore(c)
	text, status, description := bearer(c)
	if description != "" {
		return p.bearerError(c, status, "invalid_request", description)
	}
	if text == "" {
		return p.bearerError(c, http.StatusUnauthorized, "", "")
	}
	access, err := p.tokens.VerifyAccess(c.Request().Context(), text)
	if isTokenError(err) {
		return p.bearerError(c, http.StatusUnauthorized, "invalid_token", "the token is not valid")
	}
	if err != nil {
		return err
	}
	reference, ok := access.Reference()
	if !ok || reference.Grant == uuid.Nil {
		return p.bearerError(c, http.StatusForbidden, "insufficient_scope", "the token speaks of no person")
	}
	scopes := strings.Fields(access.Scope)
	if !slices.Contains(scopes, idp.ScopeOpenID) {
		return p.bearerError(c, http.StatusForbidden, "insufficient_scope", "the token is not for openid")
	}
	ctx := withRequestID(c)
	subject, documents, err := p.DB.GrantSubject(ctx, accessRef(access, reference), slices.Contains(scopes, idp.ScopeIDDoc), p.Now())
	if errors.Is(err, store.ErrNotFound) {
		return p.bearerError(c, http.StatusUnauthorized, "invalid_token", "the token is revoked")
	}
	if err != nil {
		return err
	}
	event, err := audit.ByClient(requestID(ctx), p.Now(), idp.EventUserinfoRead, subject.Account.OID, access.ClientID, map[string]string{"scope": access.Scope})
	if err != nil {
		return err
	}
	// Nothing is told before it is in the journal that it was.
	if err := p.DB.WriteTogether(ctx, event); err != nil {
		return err
	}
	// Only what is still allowed.
	scopes = slices.DeleteFunc(scopes, func(s string) bool { return !slices.Contains(subject.Consent.Scopes, s) })
	claims := claimsOf(&subject.Subject, documents, scopes)
	claims["sub"] = access.Subject
	return c.JSON(http.StatusOK, claims)
}

// bearer finds the access token: in the header, or in the form of a post; never in
// the query (RFC 6750 §2, RFC 9700 §4.3.2).
func bearer(c echo.Context) (text string, status int, description string) {
	r := c.Request()
	header := r.Header.Get("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	if header != "" && !strings.EqualFold(scheme, "Bearer") {
		return "", 0, ""
	}
	form := ""
	if r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if err := r.ParseForm(); err != nil {
			return "", http.StatusBadRequest, "the body is no form"
		}
		if len(r.PostForm["access_token"]) > 1 {
			return "", http.StatusBadRequest, "the token is sent twice"
		}
		form = r.PostForm.Get("access_token")
	}
	if value != "" && form != "" {
		return "", http.StatusBadRequest, "the token is sent twice" // RFC 6750 §2
	}
	return strings.TrimSpace(value + form), 0, ""
}
