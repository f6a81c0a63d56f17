package token

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"

	"github.com/google/uuid"

	"vhod/idp"
)

// Reference finds the row of a grant: its bucket and id. A token carries it, and
// never the account's number in its stead.
type Reference struct {
	Bucket idp.Bucket
	Grant  uuid.UUID // zero for client_credentials
}

const (
	referenceSize = 2 + 16
	tokenIDRandom = 8
)

var encoding = base64.RawURLEncoding.Strict()

// newTokenID is a jti: the reference of the grant and what makes it unique.
func newTokenID(g *Grant) string {
	raw := appendReference(nil, Reference{g.OID.Bucket(), g.ID})
	random := make([]byte, tokenIDRandom)
	rand.Read(random) // never fails (crypto/rand)
	return encoding.EncodeToString(append(raw, random...))
}

// Reference reads where the token's grant is.
func (a *Access) Reference() (Reference, bool) {
	raw, err := encoding.DecodeString(a.ID)
	if err != nil || len(raw) != referenceSize+tokenIDRandom {
		return Reference{}, false
	}
	return readReference(raw)
}

func appendReference(raw []byte, r Reference) []byte {
	raw = binary.BigEndian.AppendUint16(raw, uint16(r.Bucket))
	return append(raw, r.Grant[:]...)
}

func readReference(raw []byte) (Reference, bool) {
	bucket := binary.BigEndian.Uint16(raw)
	if bucket >= idp.Buckets {
		return Reference{}, false
	}
	return Reference{idp.Bucket(bucket), uuid.UUID(raw[2:referenceSize])}, true
}
