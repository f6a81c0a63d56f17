package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"vhod/idp"
	"vhod/store"
)

// The bounds of a client assertion.
const (
	maxAssertion     = 8 << 10
	maxAssertionLife = 5 * time.Minute
	clockSkew        = 10 * time.Second // nbf 8 s ahead is accepted, 60 s is not (FAPI 2.0 §5.3.2.1)
)

// assertionAlgorithms are those that prove a private key; none of them is
// symmetric, so that no public key can be taken for a secret.
var assertionAlgorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.PS256, jose.EdDSA}

// assertionSubject reads whom an assertion speaks of, before it is trusted.
func assertionSubject(text string) string {
	if len(text) > maxAssertion {
		return ""
	}
	parsed, err := jwt.ParseSigned(text, assertionAlgorithms)
	if err != nil {
		return ""
	}
	var claims jwt.Claims
	if parsed.UnsafeClaimsWithoutVerification(&claims) != nil {
		return ""
	}
	return claims.Subject
}

// checkAssertion verifies private_key_jwt (RFC 7523 §3, OpenID Connect Core §9) and
// spends its jti: one conditional write.
func (p *Provider) checkAssertion(ctx context.Context, c *idp.Client, text string) error {
	if len(text) > maxAssertion {
		return errClient
	}
	parsed, err := jwt.ParseSigned(text, assertionAlgorithms)
	if err != nil || len(parsed.Headers) != 1 {
		return errClient
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(c.JWKS, &set); err != nil {
		return errClient
	}
	var claims jwt.Claims
	if !verifiedBy(parsed, set, &claims) {
		return errClient
	}
	now := p.Now()
	switch {
	case claims.Issuer != c.ID || claims.Subject != c.ID:
		return errClient.WithHint("iss and sub of the assertion must be the client_id")
	case !p.forUs(claims.Audience):
		return errClient.WithHint("aud of the assertion must be the issuer")
	case claims.Expiry == nil || !now.Before(claims.Expiry.Time().Add(clockSkew)):
		return errClient.WithHint("the assertion has expired")
	case claims.Expiry.Time().After(now.Add(maxAssertionLife + clockSkew)):
		return errClient.WithHint("exp of the assertion is too far ahead")
	case claims.NotBefore != nil && claims.NotBefore.Time().After(now.Add(clockSkew)),
		claims.IssuedAt != nil && claims.IssuedAt.Time().After(now.Add(clockSkew)):
		return errClient.WithHint("the assertion is from the future")
	case claims.ID == "" || len(claims.ID) > maxClientID:
		return errClient.WithHint("jti of the assertion is missing or too long")
	}
	sum := sha256.Sum256([]byte(claims.ID))
	err = p.DB.SpendAssertion(ctx, c.ID, sum[:], claims.Expiry.Time().Add(2*clockSkew))
	if errors.Is(err, store.ErrConflict) {
		return errClient.WithHint("the assertion was used before")
	}
	return err
}

// verifiedBy tries the registered keys that fit the header.
func verifiedBy(parsed *jwt.JSONWebToken, set jose.JSONWebKeySet, claims *jwt.Claims) bool {
	header := parsed.Headers[0]
	for _, key := range set.Keys {
		if header.KeyID != "" && key.KeyID != "" && key.KeyID != header.KeyID || key.Use != "" && key.Use != "sig" ||
			key.Algorithm != "" && key.Algorithm != header.Algorithm || !key.IsPublic() {
			continue
		}
		if parsed.Claims(key.Key, claims) == nil {
			return true
		}
	}
	return false
}

// forUs tells whether an assertion is meant for this provider: its issuer, or the
// token endpoint, which older services name.
func (p *Provider) forUs(audience jwt.Audience) bool {
	return audience.Contains(p.Issuer) || audience.Contains(p.Issuer+tokenPath)
}
