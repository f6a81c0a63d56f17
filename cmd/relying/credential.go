package relying

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// JWKS returns the public half of Key as a JWK set, for registering the client;
// it fails when the client has no usable key.
func (c Client) JWKS() ([]byte, error) {
	key, err := c.signingKey()
	if err != nil {
		return nil, err
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}})
	if err != nil {
		return nil, fmt.Errorf("encode key set: %w", err)
	}
	return set, nil
}

func (c Client) validate() error {
	switch {
	case c.ID == "":
		return errors.New("no client id")
	case c.Secret == "" && len(c.Key) == 0:
		return errors.New("neither secret nor key")
	case c.Secret != "" && len(c.Key) > 0:
		return errors.New("both secret and key")
	}
	return nil
}

func (c Client) signingKey() (jose.JSONWebKey, error) {
	key := jose.JSONWebKey{Algorithm: string(jose.ES256), Use: "sig"}
	if text := bytes.TrimSpace(c.Key); bytes.HasPrefix(text, []byte("{")) {
		var given jose.JSONWebKey
		if err := given.UnmarshalJSON(text); err != nil {
			return key, errors.New("key: not a JWK")
		}
		key.Key, key.KeyID = given.Key, given.KeyID
	} else {
		private, err := parsePEM(text)
		if err != nil {
			return key, err
		}
		key.Key = private
	}
	private, ok := key.Key.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return key, errors.New("key: not a P-256 private key")
	}
	if c.KeyID != "" {
		key.KeyID = c.KeyID
	}
	if key.KeyID == "" {
		sum, err := key.Thumbprint(crypto.SHA256) // RFC 7638
		if err != nil {
			return key, fmt.Errorf("key thumbprint: %w", err)
		}
		key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	return key, nil
}

// parsePEM reads PKCS#8 or SEC 1. Its errors never quote the input.
func parsePEM(text []byte) (any, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("key: malformed PKCS#8")
			}
			return key, nil
		case "EC PRIVATE KEY":
			key, err := x509.ParseECPrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("key: malformed SEC 1")
			}
			return key, nil
		}
	}
	return nil, errors.New("key: neither PEM nor JWK")
}
