package guard

import (
	"encoding/binary"
	"time"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

// The kinds of tries, counted apart: wrong passwords close no other way in.
const (
	Password     = "password"
	SecondFactor = "second_factor"
)

// blockAt is the failure that blocks for the first time (R-LOG-4).
const blockAt = 5

// Attempts counts tries.
type Attempts struct {
	Ring *keys.Ring
	Now  idp.Clock
}

// Attempt is one reserved try.
type Attempt struct {
	store.Attempt
	now time.Time
}

// Blocked tells that the try must not be made.
func (a *Attempt) Blocked() bool { return !a.Allowed }

// BlocksNow tells that this try, having failed, closed the way.
func (a *Attempt) BlocksNow() bool { return a.Allowed && a.Failures >= blockAt }

// Left is how long the way stays closed.
func (a *Attempt) Left() time.Duration { return max(0, a.BlockedUntil.Sub(a.now)) }

// Account is whom tries on an account are counted for. It is a blind index and
// no MAC, whose key changes with time: tries and codes must not be lost by that.
func (g *Attempts) Account(oid idp.OID) store.AttemptSubject {
	return store.AttemptSubject{Bucket: int16(oid.Bucket()), ID: g.Ring.Index("account", oid.String())[0].Value}
}

// Login is whom tries on a login are counted for, whether somebody has it or not.
// Logins of one account are counted apart: a common count would tell strangers that
// they belong together. The count is kept in the bucket of the account, so that it
// costs no trip of its own; oid is zero when nobody has the login.
func (g *Attempts) Login(login keys.BlindIndex, oid idp.OID) store.AttemptSubject {
	bucket := int16(oid.Bucket())
	if oid == 0 {
		bucket = int16(binary.BigEndian.Uint16(login.Value[:]) % idp.Buckets)
	}
	return store.AttemptSubject{Bucket: bucket, ID: login.Value}
}

// Reserve counts a try before it is made.
func (g *Attempts) Reserve(kind string, s store.AttemptSubject, out *Attempt) store.Write {
	out.now = g.Now()
	return store.ReserveAttempt(s, kind, out.now, &out.Attempt)
}

// Return gives back a reserved try that was not made.
func (g *Attempts) Return(kind string, s store.AttemptSubject, a Attempt) store.Write {
	return store.ReturnAttempt(s, kind, a.Attempt)
}

// Clear forgets the failures after a success.
func (g *Attempts) Clear(kind string, s store.AttemptSubject) store.Write {
	return store.ClearAttempts(s, kind)
}
