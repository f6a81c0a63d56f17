package keys

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxToken  = 16 << 10
	maxTyp    = 64
	kidLength = 43 // base64url of a SHA-256 thumbprint
)

// Header is the protected header of a token of ours.
type Header struct {
	Alg string `json:"alg"`
	KID string `json:"kid"`
	Typ string `json:"typ"`
}

// Sign gives claims, encoded as JSON, as a compact JWS (RFC 7515 §7.1) under the
// active key of alg. typ ("at+jwt", "JWT", …) is left out when empty. A token
// that Verify would refuse for its size is refused here.
func (r *Ring) Sign(_ context.Context, alg, typ string, claims any) (string, error) {
	k, ok := active(r.current.Load().sign[alg], (*key).record, r.now())
	if !ok {
		return "", fmt.Errorf("%w: no signing key of algorithm %q", ErrUnknownKey, alg)
	}
	signer, err := k.signer(typ)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	if len(token) > maxToken {
		return "", fmt.Errorf("keys: sign: the token is longer than %d bytes", maxToken)
	}
	return token, nil
}

// signer is made once for each typ; the types are few and the program's own.
func (k *key) signer(typ string) (jose.Signer, error) {
	if cached, ok := k.derived.Load(typ); ok {
		return cached.(jose.Signer), nil // a signing key derives nothing else
	}
	if len(typ) > maxTyp {
		return nil, fmt.Errorf("keys: sign: typ is longer than %d bytes", maxTyp)
	}
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(k.Alg),
		Key:       jose.JSONWebKey{Key: k.private, KeyID: k.KID},
	}, options)
	if err != nil {
		return nil, fmt.Errorf("keys: signer: %w", err)
	}
	k.derived.Store(typ, signer)
	return signer, nil
}

// Verify checks that token is a compact JWS of this provider under one of algs
// and gives its header and payload. Everything wrong with the token is ErrToken;
// any other error means that the storage could not be asked about its key. It
// checks no claim: expiry, issuer and audience are the caller's.
func (r *Ring) Verify(ctx context.Context, token string, algs []string) (Header, []byte, error) {
	header, err := parseHeader(token)
	if err != nil {
		return Header{}, nil, err
	}
	// RFC 8725 §3.1: the algorithms are the caller's choice, never the token's.
	if !slices.Contains(algs, header.Alg) {
		return Header{}, nil, fmt.Errorf("%w: algorithm", ErrToken)
	}
	k, err := r.verifier(ctx, header.KID)
	if err != nil {
		return Header{}, nil, err
	}
	// RFC 8725 §3.1: each key is for exactly one algorithm.
	if k.Alg != header.Alg {
		return Header{}, nil, fmt.Errorf("%w: algorithm", ErrToken)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(header.Alg)})
	if err != nil {
		return Header{}, nil, fmt.Errorf("%w: malformed", ErrToken)
	}
	payload, err := signed.Verify(k.public.Key)
	if err != nil {
		return Header{}, nil, fmt.Errorf("%w: signature", ErrToken)
	}
	return header, payload, nil
}

// verifier finds a signing key by its name. A name that is not known is looked
// up again: another instance may have just made the key.
func (r *Ring) verifier(ctx context.Context, kid string) (*key, error) {
	k := r.current.Load().kids[kid]
	if k == nil {
		if err := r.reread.wait(ctx); err != nil {
			return nil, err
		}
		k = r.current.Load().kids[kid]
	}
	if k == nil || k.expired(r.now()) {
		return nil, fmt.Errorf("%w: unknown key", ErrToken)
	}
	return k, nil
}

// parseHeader reads the protected header. Our tokens carry alg, kid and typ only:
// anything more, such as crit (RFC 7515 §4.1.11), b64 (RFC 7797 §3), jwk, jku, x5u
// or x5c, is refused rather than interpreted.
func parseHeader(token string) (Header, error) {
	var header Header
	if len(token) > maxToken || !compact(token) {
		return header, fmt.Errorf("%w: malformed", ErrToken)
	}
	first, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return header, fmt.Errorf("%w: malformed", ErrToken)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&header); err != nil || decoder.More() {
		return header, fmt.Errorf("%w: header", ErrToken)
	}
	if header.Alg == "" || len(header.KID) != kidLength || len(header.Typ) > maxTyp {
		return header, fmt.Errorf("%w: header", ErrToken)
	}
	return header, nil
}

// compact tells three parts of the base64url alphabet (RFC 7515 §7.1).
func compact(token string) bool {
	dots := 0
	for i := range len(token) {
		switch c := token[i]; {
		case c == '.':
			dots++
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return dots == 2
}
