package cache

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
)

// staleAfter is how old the copy may get before it is read anew when asked.
const staleAfter = 5 * time.Second

// Revoked is what was revoked before its time, in memory, so that access tokens are
// checked without asking the database. What this instance revoked is known at once,
// what others did when they are next asked about: within a second.
type Revoked struct {
	db *store.DB
	// now is the provider's clock, monotonic that of the machine.
	now       idp.Clock
	monotonic func() time.Time

	reading sync.Mutex // held while the database is asked
	mu      sync.RWMutex
	tokens  map[string]time.Time // until when, by jti
	grants  map[grant]time.Time
	seen    time.Time // the newest revocation read
	swept   time.Time

	// read is when the copy was last begun to be read, in the machine's time;
	// revocations what this process had revoked by then.
	read        atomic.Pointer[time.Time]
	revocations atomic.Int64
}

type grant struct {
	bucket idp.Bucket
	id     uuid.UUID
}

// NewRevoked reads everything that is still in time.
func NewRevoked(ctx context.Context, db *store.DB, now idp.Clock, monotonic func() time.Time) (*Revoked, error) {
	r := &Revoked{db: db, now: now, monotonic: monotonic, tokens: map[string]time.Time{}, grants: map[grant]time.Time{}}
	return r, r.Maintain(ctx)
}

// Token tells whether an access token was revoked, by its jti or with its grant. It
// costs a round trip only when this process has revoked something since the copy
// was read, or the copy is stale.
func (r *Revoked) Token(ctx context.Context, tokenID string, bucket idp.Bucket, id uuid.UUID) (bool, error) {
	if !r.fresh() {
		r.reading.Lock()
		defer r.reading.Unlock()
		if !r.fresh() { // another has not just read it
			if err := r.load(ctx); err != nil {
				return false, err
			}
		}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, one := r.tokens[tokenID]
	_, all := r.grants[grant{bucket, id}]
	return one || all, nil
}

func (r *Revoked) fresh() bool {
	return r.revocations.Load() == r.db.Revocations() && r.monotonic().Sub(*r.read.Load()) < staleAfter
}

// Maintain reads what was revoked since the last time; the server calls it often.
func (r *Revoked) Maintain(ctx context.Context) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	return r.load(ctx)
}

func (r *Revoked) load(ctx context.Context) error {
	begun, revocations, now := r.monotonic(), r.db.Revocations(), r.now()
	since := r.seen
	if since.After(now) {
		since = now // a clock that stepped back: what is revoked from now on is older than what was
	}
	if !since.IsZero() {
		since = since.Add(-overlap)
	}
	all, err := r.db.Revoked(ctx, since, now)
	if err != nil {
		return fmt.Errorf("cache: revoked: %w", err)
	}
	r.keep(all, now)
	r.revocations.Store(revocations)
	r.read.Store(&begun)
	return nil
}

func (r *Revoked) keep(all []store.Revoked, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range all {
		if one.TokenID != "" {
			r.tokens[one.TokenID] = one.ExpiresAt
		} else {
			r.grants[grant{one.Bucket, one.Grant}] = one.ExpiresAt
		}
		if one.RevokedAt.After(r.seen) {
			r.seen = one.RevokedAt
		}
	}
	if now.Sub(r.swept) < idp.AccessTokenLife {
		return
	}
	r.swept = now
	for id, until := range r.tokens {
		if until.Before(now) {
			delete(r.tokens, id)
		}
	}
	for id, until := range r.grants {
		if until.Before(now) {
			delete(r.grants, id)
		}
	}
}
