package oauth

import (
	"context"
	"errors"
	"strings"

	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/oauth/token"
	"vhod/store"
)

// refreshHandler goes on with a family of refresh tokens (RFC 6749 §6, RFC 9700
// §4.14.2: rotation with detection of reuse).
type refreshHandler struct{ *Provider }

var _ fosite.TokenEndpointHandler = (*refreshHandler)(nil)

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (h *refreshHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool {
	return false
}

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (h *refreshHandler) CanHandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) bool {
	return r.GetGrantTypes().ExactOne("refresh_token")
}

// HandleTokenEndpointRequest moves the family on, in one round trip.
func (h *refreshHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, ok := r.GetClient().(client)
	if !ok || !c.MayGrant("refresh_token") {
		return fosite.ErrUnauthorizedClient.WithHint("the service may not use refresh_token")
	}
	text := r.GetRequestForm().Get("refresh_token")
	if text == "" {
		return fosite.ErrInvalidRequest.WithHint("refresh_token is missing")
	}
	shown, err := h.tokens.ParseRefresh(text)
	if isTokenError(err) {
		return fosite.ErrInvalidGrant.WithHint("the refresh token is not one of this provider")
	}
	if err != nil {
		return err
	}
	now := h.Now()
	wish := store.Refreshing{
		Bucket: shown.Bucket, Grant: shown.Grant, ClientID: c.ID, Generation: shown.Generation,
		ExpiresAt: now.Add(idp.RefreshTokenIdle), Grace: h.Grace,
	}
	asked, err := h.asked(ctx, wish, r.GetRequestForm().Get("scope"))
	if err != nil {
		return err
	}
	event, err := h.grantEvent(ctx, idp.EventTokenRefreshed, nil)
	if err != nil {
		return err
	}
	g, err := h.DB.RefreshGrant(ctx, wish, now, event)
	if errors.Is(err, store.ErrStale) {
		return h.refused(ctx, wish)
	}
	if err != nil {
		return err
	}
	if _, err := narrowed(joined(asked), g.Scopes); err != nil {
		return err
	}
	r.SetSession(&grantSession{
		Grant: token.Grant{
			ID: g.ID, OID: g.OID, ClientID: c.ID, SessionID: g.SessionID, Scopes: g.Scopes, AMR: g.AMR, ACR: g.ACR, AuthTime: g.AuthTime,
		},
		Refresh:  &token.Refresh{Reference: shown.Reference, Generation: g.Generation},
		Narrowed: asked,
	})
	return nil
}

// asked reads the scope parameter (RFC 6749 §6). What is too much is refused before
// the token is used up; that costs a round trip where the parameter is given.
func (h *refreshHandler) asked(ctx context.Context, wish store.Refreshing, scope string) ([]string, error) {
	if strings.TrimSpace(scope) == "" {
		return nil, nil
	}
	g, err := h.DB.RefreshActive(ctx, wish, h.Now())
	if errors.Is(err, store.ErrNotFound) {
		// Not the newest: whether it still counts is decided by the rotation.
		return strings.Fields(scope), nil
	}
	if err != nil {
		return nil, err
	}
	return narrowed(scope, g.Scopes)
}

// refused ends the family when an outlived token was shown.
func (h *refreshHandler) refused(ctx context.Context, wish store.Refreshing) error {
	event, err := h.grantEvent(ctx, idp.EventRefreshReused, nil)
	if err != nil {
		return err
	}
	if err := h.DB.EndReused(ctx, wish, h.Now(), event); err != nil {
		return err
	}
	return fosite.ErrInvalidGrant.WithHint("the refresh token is used, revoked or expired")
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (h *refreshHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, response fosite.AccessResponder) error {
	if !h.CanHandleTokenEndpointRequest(ctx, r) {
		return fosite.ErrUnknownRequest
	}
	return h.issue(ctx, r, response)
}
