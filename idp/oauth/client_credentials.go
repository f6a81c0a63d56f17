package oauth

import (
	"context"

	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/oauth/token"
)

// clientCredentialsHandler issues a service its own token (RFC 6749 §4.4) without
// asking the database.
type clientCredentialsHandler struct{ *Provider }

var _ fosite.TokenEndpointHandler = (*clientCredentialsHandler)(nil)

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (h *clientCredentialsHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool {
	return false
}

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (h *clientCredentialsHandler) CanHandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) bool {
	return r.GetGrantTypes().ExactOne("client_credentials")
}

// HandleTokenEndpointRequest checks that the service may ask for what it asks.
func (h *clientCredentialsHandler) HandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) error {
	c, ok := r.GetClient().(client)
	if !ok || c.Public() || !c.MayGrant("client_credentials") { // RFC 6749 §4.4: confidential clients only
		return fosite.ErrUnauthorizedClient.WithHint("the service may not use client_credentials")
	}
	var granted []string
	for _, s := range c.Scopes {
		granted = append(granted, s.Name)
	}
	asked, err := narrowed(r.GetRequestForm().Get("scope"), granted)
	if err != nil {
		return err
	}
	for _, s := range asked {
		if idp.KnownScope(s) {
			return fosite.ErrInvalidScope.WithHint("a scope is about a person, of whom there is none")
		}
	}
	r.SetSession(&grantSession{Grant: token.Grant{ClientID: c.ID, Scopes: asked}})
	return nil
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (h *clientCredentialsHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, response fosite.AccessResponder) error {
	if !h.CanHandleTokenEndpointRequest(ctx, r) {
		return fosite.ErrUnknownRequest
	}
	return h.issue(ctx, r, response)
}
