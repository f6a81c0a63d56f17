package relying

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// verify checks an ID token by OpenID Connect Core §3.1.3.7 (signature, issuer,
// audience, expiry by go-oidc; azp and at_hash here) and stores it in person.
// The nonce is the caller's, because first answers and refreshed ones differ.
func (p *party) verify(ctx context.Context, m *metadata, token *oauth2.Token, raw string, person *account) (*oidc.IDToken, error) {
	id, err := m.Verifier(&oidc.Config{ClientID: p.client.ID, Now: p.cfg.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("id_token: %w", err)
	}
	var known struct {
		AuthorizedParty string `json:"azp"`
		AuthTime        int64  `json:"auth_time"`
	}
	if err := id.Claims(&known); err != nil {
		return nil, fmt.Errorf("id_token claims: %w", err)
	}
	// §3.1.3.7 (4) and (5).
	if known.AuthorizedParty != p.client.ID && (known.AuthorizedParty != "" || len(id.Audience) > 1) {
		return nil, errors.New("id_token: azp is another client")
	}
	if id.AccessTokenHash != "" { // §3.1.3.8
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, fmt.Errorf("at_hash: %w", err)
		}
	}
	person.idClaims = nil
	if err := id.Claims(&person.idClaims); err != nil {
		return nil, fmt.Errorf("id_token claims: %w", err)
	}
	person.rawID, person.subject = raw, id.Subject
	person.idExpiry, person.authTime = id.Expiry, known.AuthTime
	return id, nil
}

// complete records the tokens and fetches userinfo with the new access token.
func (p *party) complete(ctx context.Context, m *metadata, token *oauth2.Token, person *account) error {
	person.access, person.refresh = token.AccessToken, token.RefreshToken
	person.accessExpiry = time.Time{}
	if token.ExpiresIn > 0 {
		// By our own clock: x/oauth2 reckons Expiry by the machine's.
		person.accessExpiry = p.cfg.Now().Add(time.Duration(token.ExpiresIn) * time.Second)
	}
	if scope, ok := token.Extra("scope").(string); ok {
		person.scope = scope
	} else if person.scope == "" {
		person.scope = join(p.client.Scopes) // RFC 6749 §5.1: absent means as asked
	}
	if m.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := m.UserInfo(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token.AccessToken, TokenType: token.TokenType}))
	if err != nil {
		return fmt.Errorf("userinfo: %w", err)
	}
	if info.Subject != person.subject { // OpenID Connect Core §5.3.2
		return errors.New("userinfo: sub is another person")
	}
	person.userClaims = nil
	if err := info.Claims(&person.userClaims); err != nil {
		return fmt.Errorf("userinfo claims: %w", err)
	}
	return nil
}
