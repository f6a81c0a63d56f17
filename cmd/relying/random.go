package relying

import (
	"crypto/rand"
	"encoding/base64"
)

// random returns 256 bits as 43 characters of base64url. crypto/rand.Read never
// fails: it ends the program instead.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // documented never to return an error
	return base64.RawURLEncoding.EncodeToString(b[:])
}
