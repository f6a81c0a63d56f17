package keys

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	boxVersion = 1
	boxHeader  = 1 + 4 // version, generation of the key
	maxBox     = 16 << 10
	boxAhead   = 16 // generations that another instance may be ahead
)

// Seal encrypts plaintext for a browser to carry: base64url of version, key
// generation, nonce and XChaCha20-Poly1305 ciphertext. purpose separates the
// kinds of values by a key of their own, aad binds the value to its holder; the
// same two open it. A value whose text exceeds 16 KiB is refused.
func (r *Ring) Seal(purpose string, aad, plaintext []byte) (string, error) {
	k := use(r.current.Load().box, r.now())
	aead, err := k.boxAEAD(purpose)
	if err != nil {
		return "", err
	}
	size := boxHeader + chacha20poly1305.NonceSizeX + len(plaintext) + chacha20poly1305.Overhead
	if base64.RawURLEncoding.EncodedLen(size) > maxBox {
		return "", fmt.Errorf("keys: seal: more than %d bytes", maxBox)
	}
	out := make([]byte, boxHeader+chacha20poly1305.NonceSizeX, size)
	out[0] = boxVersion
	binary.BigEndian.PutUint32(out[1:], uint32(k.Generation)) // a rotation a second would take 136 years
	nonce := out[boxHeader:]
	fillRandom(nonce)
	out = aead.Seal(out, nonce, plaintext, boxAAD(out[:boxHeader], aad))
	return base64.RawURLEncoding.EncodeToString(out), nil
}

// Open decrypts what Seal made for the same purpose and aad. Whatever is wrong
// with the value, the answer is ErrSealed alone.
func (r *Ring) Open(purpose string, aad []byte, sealed string) ([]byte, error) {
	if len(sealed) > maxBox {
		return nil, ErrSealed
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	// The decoder skips line ends: without the second check one value had many texts.
	if err != nil || base64.RawURLEncoding.EncodedLen(len(raw)) != len(sealed) {
		return nil, ErrSealed
	}
	if len(raw) < boxHeader+chacha20poly1305.NonceSizeX+chacha20poly1305.Overhead || raw[0] != boxVersion {
		return nil, ErrSealed
	}
	k := r.boxKey(int64(binary.BigEndian.Uint32(raw[1:])))
	if k == nil {
		return nil, ErrSealed
	}
	aead, err := k.boxAEAD(purpose)
	if err != nil {
		return nil, ErrSealed
	}
	nonce, ciphertext := raw[boxHeader:boxHeader+chacha20poly1305.NonceSizeX], raw[boxHeader+chacha20poly1305.NonceSizeX:]
	plaintext, err := aead.Open(nil, nonce, ciphertext, boxAAD(raw[:boxHeader], aad))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// boxKey finds a box key by its generation. One that is a little newer than any
// known may have just been made by another instance: the storage is read again.
func (r *Ring) boxKey(generation int64) *key {
	s := r.current.Load()
	if generation > s.newest && generation <= s.newest+boxAhead {
		// Bounded by rereadTimeout and the distance of reads; a failure leaves the key unknown.
		if err := r.reread.wait(context.Background()); err != nil {
			return nil
		}
		s = r.current.Load()
	}
	return byGeneration(s.box, generation, r.now())
}

func byGeneration(ks []*key, generation int64, now time.Time) *key {
	for _, k := range ks {
		if k.Generation == generation && !k.expired(now) {
			return k
		}
	}
	return nil
}

func boxAAD(header, aad []byte) []byte {
	return frame(header, aad)
}

// boxAEAD is made once for each purpose; purposes are few and the program's own.
func (k *key) boxAEAD(purpose string) (cipher.AEAD, error) {
	if cached, ok := k.derived.Load(purpose); ok {
		return cached.(cipher.AEAD), nil // a box key derives nothing else
	}
	subkey, err := hkdf.Key(sha256.New, k.secret, nil, "vhod box "+purpose, chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("keys: derive box key: %w", err)
	}
	aead, err := chacha20poly1305.NewX(subkey)
	if err != nil {
		return nil, fmt.Errorf("keys: box: %w", err)
	}
	k.derived.Store(purpose, aead)
	return aead, nil
}
