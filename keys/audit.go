package keys

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// typAnchor keeps a signature of the journal from being taken for anything else.
const typAnchor = "vhod-anchor+json"

// SignAudit gives payload as a compact JWS (RFC 7515 §7.1) under the audit key
// in use.
func (r *Ring) SignAudit(payload []byte) (string, error) {
	signer, err := use(r.current.Load().audit, r.now()).signer(typAnchor)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	return signed.CompactSerialize()
}

// AuditKeys are the public keys that signatures of the journal are checked with,
// by their names (RFC 7638); in JSON a JWKS (RFC 7517 §5).
type AuditKeys map[string]jose.JSONWebKey

// AuditKeys are those of the ring: retired keys too, for as long as the journal
// holds what they signed.
func (r *Ring) AuditKeys() AuditKeys {
	all := AuditKeys{}
	for _, k := range r.current.Load().audit {
		all[k.KID] = k.public
	}
	return all
}

// MarshalJSON implements json.Marshaler.
func (k AuditKeys) MarshalJSON() ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, one := range k {
		set.Keys = append(set.Keys, one)
	}
	return json.Marshal(set)
}

// UnmarshalJSON implements json.Unmarshaler. Names are worked out anew, so that
// a key cannot bear the name of another.
func (k *AuditKeys) UnmarshalJSON(text []byte) error {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		return fmt.Errorf("keys: audit keys: %w", err)
	}
	*k = AuditKeys{}
	for _, one := range set.Keys {
		if !one.Valid() || !one.IsPublic() {
			return fmt.Errorf("%w: an audit key is not a public key", ErrUnknownKey)
		}
		thumbprint, err := one.Thumbprint(crypto.SHA256)
		if err != nil {
			return fmt.Errorf("keys: audit keys: %w", err)
		}
		one.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
		(*k)[one.KeyID] = one
	}
	return nil
}

// Verify checks what SignAudit made and gives its payload and the key's name;
// ErrToken when it is not by one of these keys.
func (k AuditKeys) Verify(signed string) (payload []byte, kid string, err error) {
	parsed, err := jose.ParseSignedCompact(signed, []jose.SignatureAlgorithm{AlgAudit})
	if err != nil {
		return nil, "", fmt.Errorf("%w: malformed", ErrToken)
	}
	header := parsed.Signatures[0].Protected
	key, ok := k[header.KeyID]
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); !ok || typ != typAnchor {
		return nil, header.KeyID, fmt.Errorf("%w: unknown key", ErrToken)
	}
	if payload, err = parsed.Verify(key.Key); err != nil {
		return nil, header.KeyID, fmt.Errorf("%w: signature", ErrToken)
	}
	return payload, header.KeyID, nil
}
