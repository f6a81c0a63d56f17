package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Terms are the times of keys. Zero takes the default.
type Terms struct {
	// Publish is how long a next key is known before it is used; longer than the
	// max-age of the JWKS. Default 10 minutes.
	Publish time.Duration
	// Period is how long a signing, box or MAC key is in use. Default 90 days.
	// Index keys are never rotated by time: that takes a pass over all identifiers.
	Period time.Duration
	// EmergencyPublish is the wait before a key of an emergency rotation is used.
	// Default none: an instance that meets a key it does not know reads again.
	EmergencyPublish time.Duration
	// KeepSign is how long a retired signing key still verifies and stays in the
	// JWKS; at least the longest life of a token. Default 24 hours.
	KeepSign time.Duration
	// KeepBox is how long a retired box key still opens; at least the longest life
	// of a flow. Default 48 hours.
	KeepBox time.Duration
	// KeepMAC is how long a retired MAC key still recomputes. Whatever is stored
	// must be used or renewed within it. Default 400 days, so that a client that
	// comes once a year finds its secret valid.
	KeepMAC time.Duration
	// RereadEvery is the shortest time between two reads of the storage that
	// unknown keys in foreign tokens cause. Default 250 ms.
	RereadEvery time.Duration
}

// Config is what a Ring needs.
type Config struct {
	Storage Storage
	KEK     KEK
	Now     func() time.Time
	// Algorithms of signing keys to have. Default ES256, RS256, PS256, EdDSA.
	Algorithms []string
	Terms      Terms
}

// Ring holds the provider's keys in memory and keeps them in step with the
// storage that all instances share. It is safe for concurrent use.
type Ring struct {
	storage Storage
	kek     KEK
	now     func() time.Time
	terms   Terms
	slots   []slot

	writing sync.Mutex // one change of keys at a time in this instance
	loading sync.Mutex // held from reading the storage to taking it in, so that no older read replaces a newer one
	current atomic.Pointer[snapshot]
	reread  reread
}

// NewRing reads the keys and makes those that are missing; at the very first
// start a new key is in use at once. Instances that start together agree on the
// keys of whichever was first.
func NewRing(ctx context.Context, config Config) (*Ring, error) {
	if config.Storage == nil || config.KEK == nil || config.Now == nil {
		return nil, errors.New("keys: the ring needs a storage, a key-encryption key and a clock")
	}
	terms, err := config.Terms.complete()
	if err != nil {
		return nil, err
	}
	r := &Ring{storage: config.Storage, kek: config.KEK, now: config.Now, terms: terms}
	if r.slots, err = config.slots(); err != nil {
		return nil, err
	}
	r.reread.every = terms.RereadEvery
	r.reread.load = r.load
	if err := r.Maintain(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// slots are the uses and algorithms that have keys.
func (c Config) slots() ([]slot, error) {
	algorithms := c.Algorithms
	if len(algorithms) == 0 {
		algorithms = []string{ES256, RS256, PS256, EdDSA}
	}
	var all []slot
	for _, alg := range algorithms {
		if !slices.Contains([]string{ES256, RS256, PS256, EdDSA}, alg) {
			return nil, fmt.Errorf("%w: signing algorithm %q", ErrUnknownKey, alg)
		}
		if s := (slot{UseSign, alg}); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return append(all, slot{UseBox, AlgBox}, slot{UseMAC, AlgMAC}, slot{UseIndex, AlgIndex}, slot{UseAudit, AlgAudit}), nil
}

func (t Terms) complete() (Terms, error) {
	for _, field := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&t.Publish, 10 * time.Minute},
		{&t.Period, 90 * 24 * time.Hour},
		{&t.EmergencyPublish, 0},
		{&t.KeepSign, 24 * time.Hour},
		{&t.KeepBox, 48 * time.Hour},
		{&t.KeepMAC, 400 * 24 * time.Hour},
		{&t.RereadEvery, 250 * time.Millisecond},
	} {
		if *field.value < 0 {
			return t, errors.New("keys: a term is negative")
		}
		if *field.value == 0 {
			*field.value = field.fallback
		}
	}
	if t.Period < 2*t.Publish {
		return t, errors.New("keys: the period of a key must be at least twice the time it is published before use")
	}
	return t, nil
}

// keep is how long a retired key of a use stays; zero is for ever.
func (t Terms) keep(use Use) time.Duration {
	switch use {
	case UseSign:
		return t.KeepSign
	case UseBox:
		return t.KeepBox
	case UseMAC:
		return t.KeepMAC
	case UseIndex, UseAudit: // the journal is checked for as long as it is kept
		return 0
	}
	return 0
}

// moment is now in the storage's resolution, so that times compare equal when they come back.
func (r *Ring) moment() time.Time {
	return r.now().UTC().Truncate(time.Microsecond)
}

// load takes in what the storage holds.
func (r *Ring) load(ctx context.Context) error {
	_, taken, err := r.read(ctx)
	return errors.Join(err, taken)
}

// read is load that also gives what it read, and tells apart an error of the
// storage from one with what it holds.
func (r *Ring) read(ctx context.Context) (records []Record, taken, err error) {
	r.loading.Lock()
	defer r.loading.Unlock()
	if records, err = r.storage.Keys(ctx); err != nil {
		return nil, nil, fmt.Errorf("keys: read: %w", err)
	}
	next, taken := r.build(records)
	if taken == nil {
		r.current.Store(next)
	}
	return records, taken, nil
}

// Published is how long a key is published before it is used: a ring that was not
// maintained for longer may not know the keys of others.
func (r *Ring) Published() time.Duration { return r.terms.Publish }

// DueAt is when a key is to stop signing or sealing: when it was told to, else at
// the end of the period. Zero of a key that has no turn or no end.
func (r *Ring) DueAt(i Info) time.Time {
	switch {
	case i.State != StateActive || i.Use == UseIndex:
		return time.Time{}
	case !i.RetireAt.IsZero():
		return i.RetireAt
	default:
		return i.ActivateAt.Add(r.terms.Period)
	}
}

// List describes every key that the storage holds, expired ones too, sorted by
// use, algorithm and generation.
func (r *Ring) List() []Info {
	s, now := r.current.Load(), r.now()
	infos := make([]Info, 0, len(s.records))
	for i := range s.records {
		infos = append(infos, s.info(&s.records[i], now))
	}
	return infos
}
