package oauth

import (
	"context"
	"errors"

	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/audit"
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
	shown, ok := h.tokens.ParseRefresh(text)
	if !ok {
		return fosite.ErrInvalidGrant.WithHint("the refresh token is not one of this provider")
	}
	now := h.Now()
	wish := store.Refreshing{
		Bucket: shown.Bucket, Grant: shown.Grant, ClientID: c.ID, Generation: shown.Generation,
		ExpiresAt: now.Add(idp.RefreshTokenIdle), Grace: h.Grace,
	}
	event, err := audit.ByClient(requestID(ctx), now, idp.EventTokenRefreshed, 0, c.ID, map[string]string{"grant": shown.Grant.String()})
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
	asked, err := narrowed(r.GetRequestForm().Get("scope"), g.Scopes)
	if err != nil {
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

// refused ends the family when an outlived token was shown: either the service
// or a thief has the newest one.
func (h *refreshHandler) refused(ctx context.Context, wish store.Refreshing) error {
	oid, ended, err := h.DB.EndReused(ctx, wish, h.Now())
	if err != nil {
		return err
	}
	if ended {
		event, err := audit.ByClient(requestID(ctx), h.Now(), idp.EventRefreshReused, oid, wish.ClientID, map[string]string{"grant": wish.Grant.String()})
		if err != nil {
			return err
		}
		if err := h.DB.Write(ctx, event); err != nil {
			return err
		}
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
