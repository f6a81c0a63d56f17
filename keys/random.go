package keys

import (
	"crypto/rand"
	"encoding/base64"
)

// RandomToken gives n random bytes as base64url text without padding. 16 bytes
// (22 characters) suffice for an identifier, 32 for a secret.
func RandomToken(n int) string {
	raw := make([]byte, n)
	fillRandom(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// RandomDigits gives a code of n decimal digits, each value as likely as any other.
func RandomDigits(n int) string {
	digits := make([]byte, 0, n)
	var raw [16]byte
	for len(digits) < n {
		fillRandom(raw[:])
		for _, b := range raw {
			// 250 is the greatest multiple of 10 in a byte: above it, 0 to 5 would come more often.
			if b < 250 && len(digits) < n {
				digits = append(digits, '0'+b%10)
			}
		}
	}
	return string(digits)
}

// fillRandom fills b from the system's generator, which never fails: the program
// ends rather than go on without it (crypto/rand).
func fillRandom(b []byte) {
	_, _ = rand.Read(b)
}
