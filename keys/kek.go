package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// KEK is a key-encryption key: it wraps the keys of the ring and the data keys
// of accounts. A file or the environment holds one (ParseKEK, LoadKEK); a
// hardware module may stand behind the same interface.
//
// A wrapped value begins with a version byte, the length of the wrapping key's
// id and the id (see WrappedBy), so that several keys can be known at once and
// values move from one to the next.
type KEK interface {
	// ID names the key that Wrap uses now.
	ID() string
	// Wrap encrypts and authenticates plaintext, bound to aad.
	Wrap(plaintext, aad []byte) ([]byte, error)
	// Unwrap opens what Wrap made under any known key. It answers ErrSealed when
	// the value or aad differ, or when the wrapping key is not known.
	Unwrap(wrapped, aad []byte) ([]byte, error)
}

const (
	kekVersion  = 1
	kekSize     = 32 // AES-256
	maxKEKs     = 32
	maxKEKID    = 64
	maxKEKText  = 64 << 10
	maxWrapped  = 64 << 10
	kekAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
)

type staticKEK struct {
	current string
	aeads   map[string]cipher.AEAD
}

// ParseKEK reads key-encryption keys from text, one on a line as
// "id:base64 of 32 bytes". The first one wraps, all of them unwrap: to rotate,
// put a new line on top and keep the old one until Ring.Rewrap and the accounts'
// data keys have left it. Empty lines and lines that begin with # are skipped.
// The error never repeats the key.
func ParseKEK(text string) (KEK, error) {
	if len(text) > maxKEKText {
		return nil, fmt.Errorf("keys: key-encryption keys: longer than %d bytes", maxKEKText)
	}
	kek := &staticKEK{aeads: map[string]cipher.AEAD{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, aead, err := parseKEKLine(line)
		if err != nil {
			return nil, fmt.Errorf("keys: key-encryption keys: line %d: %w", number, err)
		}
		if _, double := kek.aeads[id]; double {
			return nil, fmt.Errorf("keys: key-encryption keys: line %d: id %q is there twice", number, id)
		}
		if kek.current == "" {
			kek.current = id
		}
		kek.aeads[id] = aead
	}
	switch {
	case len(kek.aeads) == 0:
		return nil, errors.New("keys: key-encryption keys: none given, want a line id:base64 of 32 bytes")
	case len(kek.aeads) > maxKEKs:
		return nil, fmt.Errorf("keys: key-encryption keys: more than %d", maxKEKs)
	}
	return kek, nil
}

func parseKEKLine(line string) (string, cipher.AEAD, error) {
	id, encoded, found := strings.Cut(line, ":")
	if !found {
		return "", nil, errors.New("want id:base64 of 32 bytes")
	}
	if !validKEKID(id) {
		return "", nil, fmt.Errorf("the id must be 1 to %d letters, digits, '-', '_' or '.'", maxKEKID)
	}
	// The decoder's own error tells positions inside the secret: it is not passed on.
	secret, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(secret) != kekSize {
		return "", nil, fmt.Errorf("the key must be the base64 of %d bytes", kekSize)
	}
	aead, err := newGCM(secret)
	if err != nil {
		return "", nil, err
	}
	return id, aead, nil
}

func validKEKID(id string) bool {
	return id != "" && len(id) <= maxKEKID && strings.Trim(id, kekAlphabet) == ""
}

// newGCM gives AES-GCM that puts a random nonce of 96 bits before the ciphertext.
func newGCM(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("keys: aes: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("keys: gcm: %w", err)
	}
	return aead, nil
}

func (k *staticKEK) ID() string { return k.current }

func (k *staticKEK) Wrap(plaintext, aad []byte) ([]byte, error) {
	if len(plaintext) > maxWrapped/2 {
		return nil, fmt.Errorf("keys: wrap: more than %d bytes", maxWrapped/2)
	}
	header := append([]byte{kekVersion, byte(len(k.current))}, k.current...)
	// The header is authenticated too: a value cannot be passed off as another key's.
	return k.aeads[k.current].Seal(header, nil, plaintext, frame(header, aad)), nil
}

func (k *staticKEK) Unwrap(wrapped, aad []byte) ([]byte, error) {
	id, err := WrappedBy(wrapped)
	if err != nil {
		return nil, err
	}
	aead, known := k.aeads[id]
	if !known {
		return nil, fmt.Errorf("%w: key-encryption key %q is not among the known ones", ErrSealed, id)
	}
	header := wrapped[:2+len(id)]
	plaintext, err := aead.Open(nil, nil, wrapped[len(header):], frame(header, aad))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// WrappedBy tells the id of the key-encryption key that made wrapped, without
// opening it. The id is not authenticated until the value is unwrapped.
func WrappedBy(wrapped []byte) (string, error) {
	if len(wrapped) < 2 || len(wrapped) > maxWrapped || wrapped[0] != kekVersion {
		return "", ErrSealed
	}
	size := int(wrapped[1])
	if len(wrapped) < 2+size {
		return "", ErrSealed
	}
	id := string(wrapped[2 : 2+size])
	if !validKEKID(id) {
		return "", ErrSealed
	}
	return id, nil
}

// Rewrap moves wrapped to the key-encryption key that kek wraps with now.
// changed is false, and wrapped comes back as it was, when it is there already.
func Rewrap(kek KEK, wrapped, aad []byte) (moved []byte, changed bool, err error) {
	id, err := WrappedBy(wrapped)
	if err != nil {
		return nil, false, err
	}
	if id == kek.ID() {
		return wrapped, false, nil
	}
	plaintext, err := kek.Unwrap(wrapped, aad)
	if err != nil {
		return nil, false, err
	}
	moved, err = kek.Wrap(plaintext, aad)
	if err != nil {
		return nil, false, err
	}
	return moved, true, nil
}
