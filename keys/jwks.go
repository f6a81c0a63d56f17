package keys

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// JWKS gives the public keys (RFC 7517 §5) of every signing key that is next,
// active or retired, as ready bytes with their ETag (quoted). Both change only
// when the keys do. The caller must not change body.
func (r *Ring) JWKS() (body []byte, etag string) {
	s := r.current.Load()
	return s.jwks, s.etag
}

func (s *snapshot) publish() error {
	set := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, 0, len(s.kids))}
	for _, k := range s.kids {
		set.Keys = append(set.Keys, k.public)
	}
	slices.SortFunc(set.Keys, func(a, b jose.JSONWebKey) int { return strings.Compare(a.KeyID, b.KeyID) })
	body, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("keys: JWKS: %w", err)
	}
	sum := sha256.Sum256(body)
	s.jwks = bytes.TrimSpace(body)
	s.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return nil
}
