package keys

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Use says what a key of the ring is for.
type Use string

const (
	UseSign  Use = "sig"   // asymmetric JWS signatures, published in the JWKS
	UseBox   Use = "box"   // XChaCha20-Poly1305 sealing of flows and codes
	UseMAC   Use = "mac"   // HMAC of refresh tokens, codes, client secrets, limits
	UseIndex Use = "index" // blind index of identifiers
	UseAudit Use = "audit" // ES256 signatures of the journal's anchors; no token is ever signed with one
)

// Algorithms of the ring's keys. A signing key has one of the JWS names of
// RFC 7518 §3.1 and RFC 8037 §3.1; every other use has exactly one algorithm.
const (
	ES256 = "ES256" // P-256, the default of access tokens
	RS256 = "RS256" // RSA-2048, the default of id tokens by registration
	PS256 = "PS256" // RSA-2048 with PSS, never the same key as RS256
	EdDSA = "EdDSA" // Ed25519

	AlgBox   = "XC20P"
	AlgMAC   = "HS256"
	AlgIndex = "HS256/128"
	AlgAudit = ES256
)

// signs tells a use whose keys are pairs: a private key and its public JWK.
func (u Use) signs() bool { return u == UseSign || u == UseAudit }

// Record is one key as the storage holds it. Times have microseconds; the zero
// time means never. Times and Sealed may change, the rest never does.
type Record struct {
	KID        string // RFC 7638 thumbprint of a signing key, else use and generation
	Use        Use
	Alg        string
	Generation int64  // from 1, unique with Use and Alg
	Sealed     []byte // the private or secret key, wrapped by the KEK
	Public     []byte // the JWK (JSON) of a signing key, else empty; for readers of the table, the ring derives its own
	CreatedAt  time.Time
	ActivateAt time.Time // from when it signs or seals
	RetireAt   time.Time // from when it only verifies or opens
	ExpireAt   time.Time // from when it is as if it had never been
}

// Storage keeps the records of the ring, shared by all instances of a provider.
type Storage interface {
	// Keys reads all records, in any order.
	Keys(ctx context.Context) ([]Record, error)
	// AddKey inserts a record. added is false, without an error, when one with the
	// same use, algorithm and generation is there: another instance was first.
	AddKey(ctx context.Context, record Record) (added bool, err error)
	// UpdateKey writes the four times and Sealed of the record with this KID.
	UpdateKey(ctx context.Context, record Record) error
}

// State is where a key stands at a moment.
type State string

const (
	StateNext    State = "next"    // published, not in use yet
	StateActive  State = "active"  // signs, seals
	StateRetired State = "retired" // verifies, opens
	StateExpired State = "expired" // refused
)

// Info describes a key without its secret.
type Info struct {
	KID        string    `json:"kid"`
	Use        Use       `json:"use"`
	Alg        string    `json:"alg"`
	Generation int64     `json:"generation"`
	State      State     `json:"state"`
	WrappedBy  string    `json:"wrapped_by"` // id of the key-encryption key
	CreatedAt  time.Time `json:"created_at,omitzero"`
	ActivateAt time.Time `json:"activate_at,omitzero"`
	RetireAt   time.Time `json:"retire_at,omitzero"`
	ExpireAt   time.Time `json:"expire_at,omitzero"`
}

// slot names the keys that follow one another.
type slot struct {
	use Use
	alg string
}

func (r *Record) slot() slot { return slot{r.Use, r.Alg} }

func (r *Record) expired(now time.Time) bool {
	return !r.ExpireAt.IsZero() && !r.ExpireAt.After(now)
}

// withdrawn tells a key that an emergency overtook before its turn came.
func (r *Record) withdrawn() bool {
	return !r.RetireAt.IsZero() && !r.RetireAt.After(r.ActivateAt)
}

// pending tells a key that is published and waits for its turn.
func (r *Record) pending(now time.Time) bool {
	return r.ActivateAt.After(now) && !r.withdrawn() && !r.expired(now)
}

// active picks the key in use out of the records of one slot sorted newest
// first: the one that was activated last. If none is due yet, the one that will
// be first: the key of an instance whose clock is ahead of ours. Nil if none is left.
func active[R any](sorted []R, record func(R) *Record, now time.Time) (found R, ok bool) {
	for _, candidate := range sorted {
		r := record(candidate)
		if r.expired(now) || r.withdrawn() {
			continue
		}
		found, ok = candidate, true
		if !r.ActivateAt.After(now) {
			break
		}
	}
	return found, ok
}

func itself(r *Record) *Record { return r }

// newestFirst orders by activation, then generation.
func newestFirst(a, b *Record) int {
	return cmp.Or(b.ActivateAt.Compare(a.ActivateAt), cmp.Compare(b.Generation, a.Generation))
}

// ofSlot gives the records of s, newest first, as pointers into records.
func ofSlot(records []Record, s slot) []*Record {
	var found []*Record
	for i := range records {
		if records[i].slot() == s {
			found = append(found, &records[i])
		}
	}
	slices.SortFunc(found, newestFirst)
	return found
}
