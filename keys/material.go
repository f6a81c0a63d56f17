package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

const (
	secretSize = 32
	rsaBits    = 2048
)

// material is an opened key: parsed once, then shared by all readers.
type material struct {
	sealed  []byte // what it was opened from
	private crypto.Signer
	public  jose.JSONWebKey
	secret  []byte

	derived sync.Map // what is made of it on first use: a signer by typ, an AEAD by purpose, an index key by kind
}

// generate makes the key of a record whose use, algorithm and generation are
// set, and fills in its name, its public part and its sealed form.
func generate(kek KEK, record *Record) error {
	var plain []byte
	if record.Use.signs() {
		private, err := generateSigner(record.Alg)
		if err != nil {
			return err
		}
		public, err := publicJWK(private.Public(), record.Alg)
		if err != nil {
			return err
		}
		record.KID = public.KeyID
		if record.Public, err = json.Marshal(public); err != nil {
			return fmt.Errorf("keys: public key: %w", err)
		}
		if plain, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
			return fmt.Errorf("keys: private key: %w", err)
		}
	} else {
		record.Public = []byte{}
		record.KID = string(record.Use) + "-" + strconv.FormatInt(record.Generation, 10)
		plain = make([]byte, secretSize)
		fillRandom(plain)
	}
	sealed, err := kek.Wrap(plain, recordAAD(record))
	if err != nil {
		return fmt.Errorf("keys: seal key %s: %w", record.KID, err)
	}
	record.Sealed = sealed
	return nil
}

func generateSigner(alg string) (crypto.Signer, error) {
	var private crypto.Signer
	var err error
	switch alg {
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256, PS256:
		private, err = rsa.GenerateKey(rand.Reader, rsaBits)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("%w: signing algorithm %q", ErrUnknownKey, alg)
	}
	if err != nil {
		return nil, fmt.Errorf("keys: generate %s key: %w", alg, err)
	}
	return private, nil
}

// publicJWK names a public key by its thumbprint (RFC 7638).
func publicJWK(public crypto.PublicKey, alg string) (jose.JSONWebKey, error) {
	jwk := jose.JSONWebKey{Key: public, Algorithm: alg, Use: string(UseSign)}
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return jwk, fmt.Errorf("keys: thumbprint: %w", err)
	}
	jwk.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return jwk, nil
}

// open unseals a record. The public key is derived from the private one: whoever
// can write the table but not seal cannot have a key of theirs published.
func open(kek KEK, record *Record) (*material, error) {
	plain, err := kek.Unwrap(record.Sealed, recordAAD(record))
	if err != nil {
		return nil, fmt.Errorf("keys: key %s: %w", record.KID, err)
	}
	m := &material{sealed: record.Sealed}
	if !record.Use.signs() {
		if len(plain) != secretSize {
			return nil, fmt.Errorf("keys: key %s: not %d bytes", record.KID, secretSize)
		}
		m.secret = plain
		return m, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("keys: key %s: not a PKCS #8 key", record.KID)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("keys: key %s: not a signing key", record.KID)
	}
	m.private = private
	if m.public, err = publicJWK(private.Public(), record.Alg); err != nil {
		return nil, err
	}
	if m.public.KeyID != record.KID {
		return nil, fmt.Errorf("keys: key %s: the name is not its thumbprint", record.KID)
	}
	return m, nil
}

// recordAAD binds a sealed key to what it is. Times are left out: they change.
func recordAAD(r *Record) []byte {
	return frame("ring key", r.KID, string(r.Use), r.Alg, strconv.FormatInt(r.Generation, 10))
}
