package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/oauth/token"
	"vhod/store"
)

// codeHandler issues and redeems authorization codes with PKCE (RFC 6749 §4.1,
// RFC 7636).
type codeHandler struct{ *Provider }

var (
	_ fosite.AuthorizeEndpointHandler = (*codeHandler)(nil)
	_ fosite.TokenEndpointHandler     = (*codeHandler)(nil)
)

// HandleAuthorizeEndpointRequest seals the code.
func (h *codeHandler) HandleAuthorizeEndpointRequest(_ context.Context, ar fosite.AuthorizeRequester, response fosite.AuthorizeResponder) error {
	if !ar.GetResponseTypes().ExactOne("code") {
		return nil
	}
	s, ok := ar.GetSession().(*grantSession)
	if !ok {
		return errors.New("oauth: a foreign session")
	}
	code, err := h.tokens.Code(&token.Code{
		Grant: s.Grant, SecurityVersion: s.SecurityVersion, RedirectURI: s.RedirectURI, Nonce: s.Nonce, Challenge: s.Challenge,
	})
	if err != nil {
		return err
	}
	response.AddParameter("code", code)
	ar.SetResponseTypeHandled("code")
	return nil
}

// CanSkipClientAuth: every service authenticates, or says that it is public.
func (h *codeHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (h *codeHandler) CanHandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) bool {
	return r.GetGrantTypes().ExactOne("authorization_code")
}

// HandleTokenEndpointRequest spends the code (RFC 6749 §4.1.3). Whoever shows an
// authentic code that cannot be redeemed has burnt it.
func (h *codeHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, ok := r.GetClient().(client)
	if !ok || !c.MayGrant("authorization_code") {
		return fosite.ErrUnauthorizedClient.WithHint("the service may not use authorization_code")
	}
	form := r.GetRequestForm()
	if form.Get("code") == "" {
		return fosite.ErrInvalidRequest.WithHint("code is missing")
	}
	code, ok := h.tokens.ParseCode(form.Get("code"))
	if !ok {
		return fosite.ErrInvalidGrant.WithHint("the code is not one of this provider")
	}
	now := h.Now()
	g := idp.Grant{
		ID: code.ID, OID: code.OID, ClientID: code.ClientID, SessionID: code.SessionID, SecurityVersion: code.SecurityVersion,
		Scopes: code.Scopes, AMR: code.AMR, ACR: code.ACR, AuthTime: code.AuthTime, CreatedAt: now, ExpiresAt: now.Add(idp.AccessTokenLife),
		Offline: slices.Contains(code.Scopes, idp.ScopeOfflineAccess),
	}
	s := &grantSession{Grant: code.Grant, SecurityVersion: code.SecurityVersion, Nonce: code.Nonce}
	if c.MayGrant("refresh_token") {
		g.Generation, g.ExpiresAt = 1, now.Add(idp.RefreshTokenIdle)
		s.Refresh = &token.Refresh{Reference: token.Reference{Bucket: code.OID.Bucket(), Grant: code.ID}, Generation: 1}
	}
	if f := mismatch(code, c.Client, form, now); f != nil {
		return h.burn(ctx, g, *f)
	}
	event, err := audit.ByClient(requestID(ctx), now, idp.EventCodeRedeemed, code.OID, c.ID, map[string]string{"scope": joined(code.Scopes)})
	if err != nil {
		return err
	}
	switch err := h.DB.RedeemCode(ctx, g, now, event); {
	case errors.Is(err, store.ErrConflict):
		// RFC 6749 §4.1.2: used twice, what it gave is revoked.
		return h.burn(ctx, g, faultReused)
	case errors.Is(err, store.ErrStale):
		return h.burn(ctx, g, faultEnded)
	case err != nil:
		return err
	}
	r.SetSession(s)
	return nil
}

// fault is why an authentic code cannot be redeemed: a code of the audit journal
// and what the service is told.
type fault struct {
	event       idp.EventName
	reason      string
	description string
}

var (
	faultClient     = fault{idp.EventCodeBurnt, "client", "the code was issued to another service"}
	faultRedirect   = fault{idp.EventCodeBurnt, "redirect_uri", "redirect_uri is not that of the request"}
	faultVerifier   = fault{idp.EventCodeBurnt, "code_verifier", "code_verifier does not fit"}
	faultUnverified = fault{idp.EventCodeBurnt, "no_challenge", "code_verifier was not asked for"}
	faultExpired    = fault{idp.EventCodeBurnt, "expired", "the code has expired"}
	faultEnded      = fault{idp.EventCodeBurnt, "ended", "the sign-in behind the code has ended"}
	faultReused     = fault{idp.EventCodeReused, "reused", "the code was used before"}
)

// mismatch tells what does not fit the code; nil when all does.
func mismatch(code *token.Code, c *idp.Client, form url.Values, now time.Time) *fault {
	redirect, verifier := form.Get("redirect_uri"), form.Get("code_verifier")
	if redirect == "" && len(c.RedirectURIs) == 1 && !slices.Contains(code.Scopes, idp.ScopeOpenID) {
		redirect = c.RedirectURIs[0] // it could be left out of the request: see redirectURI
	}
	switch {
	case code.ClientID != c.ID: // RFC 6749 §4.1.3
		return &faultClient
	case code.RedirectURI != redirect: // RFC 6749 §4.1.3
		return &faultRedirect
	case code.Challenge == "" && verifier != "": // RFC 9700 §4.8.2: a downgrade
		return &faultUnverified
	case code.Challenge != "" && !verifies(verifier, code.Challenge): // RFC 7636 §4.6
		return &faultVerifier
	case code.Expired(now):
		return &faultExpired
	}
	return nil
}

// verifies checks a verifier (RFC 7636 §4.6).
func verifies(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 { // RFC 7636 §4.1
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// burn makes the code useless, and revokes what it gave.
func (h *codeHandler) burn(ctx context.Context, g idp.Grant, f fault) error {
	event, err := audit.ByClient(requestID(ctx), h.Now(), f.event, g.OID, g.ClientID, map[string]string{"reason": f.reason})
	if err != nil {
		return err
	}
	if err := h.DB.BurnCode(ctx, g, h.Now(), event); err != nil {
		return err
	}
	return fosite.ErrInvalidGrant.WithHint(f.description)
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (h *codeHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, response fosite.AccessResponder) error {
	if !h.CanHandleTokenEndpointRequest(ctx, r) {
		return fosite.ErrUnknownRequest
	}
	return h.issue(ctx, r, response)
}
