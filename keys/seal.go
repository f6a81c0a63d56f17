package keys

import (
	"crypto/cipher"
)

const (
	dataKeySize = 32 // AES-256
	sealVersion = 1
)

// DataKey seals the rows of one account. Its wrapped form is stored beside the
// account; deleting that form erases everything sealed under it. The zero value
// opens nothing and must not seal.
type DataKey struct {
	aead cipher.AEAD
}

// NewDataKey makes a random data key and its form wrapped by kek. aad binds the
// wrapped form to its owner, the account's id: another account's row cannot be
// opened with it.
func NewDataKey(kek KEK, aad []byte) (key DataKey, wrapped []byte, err error) {
	var secret [dataKeySize]byte
	fillRandom(secret[:])
	wrapped, err = kek.Wrap(secret[:], dataKeyAAD(aad))
	if err != nil {
		return DataKey{}, nil, err
	}
	aead, err := newGCM(secret[:])
	if err != nil {
		return DataKey{}, nil, err
	}
	return DataKey{aead: aead}, wrapped, nil
}

// OpenDataKey opens what NewDataKey wrapped, with the same aad. It answers
// ErrSealed for a value that is altered, another account's or another use's.
func OpenDataKey(kek KEK, wrapped, aad []byte) (DataKey, error) {
	secret, err := kek.Unwrap(wrapped, dataKeyAAD(aad))
	if err != nil {
		return DataKey{}, err
	}
	if len(secret) != dataKeySize {
		return DataKey{}, ErrSealed
	}
	aead, err := newGCM(secret)
	if err != nil {
		return DataKey{}, err
	}
	return DataKey{aead: aead}, nil
}

// RewrapDataKey moves a wrapped data key to the key-encryption key in use now;
// changed is false when it is there already.
func RewrapDataKey(kek KEK, wrapped, aad []byte) (moved []byte, changed bool, err error) {
	return Rewrap(kek, wrapped, dataKeyAAD(aad))
}

func dataKeyAAD(aad []byte) []byte {
	return frame([]byte("data key"), aad)
}

// Seal encrypts plaintext with AES-256-GCM under a random nonce. aad binds it to
// its place: table, row id, version. The parts are joined by length, so that no
// two lists collide.
func (k DataKey) Seal(plaintext []byte, aad ...string) []byte {
	return k.aead.Seal([]byte{sealVersion}, nil, plaintext, sealAAD(aad))
}

// Open decrypts what Seal made with the same parts, else ErrSealed.
func (k DataKey) Open(sealed []byte, aad ...string) ([]byte, error) {
	if k.aead == nil || len(sealed) < 1 || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	plaintext, err := k.aead.Open(nil, nil, sealed[1:], sealAAD(aad))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// The version byte is authenticated with the parts, so that a later format
// cannot be read as this one.
func sealAAD(parts []string) []byte {
	return append([]byte{sealVersion}, frame(parts...)...)
}
