package keys

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Rotation says how a rotation by command is done.
type Rotation int

const (
	// Scheduled makes the next key and publishes it before use. If one waits
	// already, nothing is done.
	Scheduled Rotation = iota
	// Emergency skips the wait (Terms.EmergencyPublish); tokens of the old key stay valid.
	Emergency
	// Compromised is an emergency that also ends every earlier key of the
	// algorithm at once: nothing that they signed or sealed is accepted any
	// longer. Earlier index keys are kept all the same, as people could not be
	// found without them: index anew, then Expire them. So are audit keys: each
	// anchor holds the hash of the one before, so that the new key vouches for what
	// the old one signed before it was lost.
	Compromised
)

const maxRaces = 8

// Rotate gives a use and algorithm a new key and returns it. Symmetric uses have
// one algorithm; alg may be empty for them.
func (r *Ring) Rotate(ctx context.Context, use Use, alg string, how Rotation) (Info, error) {
	s, err := r.slot(use, alg)
	if err != nil {
		return Info{}, err
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	for range maxRaces {
		records, err := r.storage.Keys(ctx)
		if err != nil {
			return Info{}, fmt.Errorf("keys: read: %w", err)
		}
		now := r.moment()
		earlier := ofSlot(records, s)
		activate := now
		switch how {
		case Scheduled:
			for _, record := range earlier {
				if record.pending(now) {
					return r.reloaded(ctx, record.KID)
				}
			}
			activate = now.Add(r.terms.Publish)
		case Emergency:
			activate = now.Add(r.terms.EmergencyPublish)
		case Compromised:
		default:
			return Info{}, errors.New("keys: unknown kind of rotation")
		}
		successor, added, err := r.add(ctx, s, earlier, now, activate)
		if err != nil {
			return Info{}, err
		}
		if !added {
			// Another instance made a key meanwhile, perhaps only the scheduled one: look again.
			continue
		}
		for _, record := range earlier {
			if record.expired(now) {
				continue
			}
			if how == Compromised && use != UseIndex && use != UseAudit {
				r.retire(record, now)
				record.ExpireAt = now
			} else if !r.retire(record, activate) {
				continue
			}
			if err := r.storage.UpdateKey(ctx, *record); err != nil {
				return Info{}, fmt.Errorf("keys: retire key %s: %w", record.KID, err)
			}
		}
		return r.reloaded(ctx, successor.KID)
	}
	return Info{}, errors.New("keys: other instances kept rotating the same key")
}

// Expire ends a retired key now, for example an index key once all identifiers
// are indexed anew. It answers ErrUnknownKey or ErrKeyInUse.
func (r *Ring) Expire(ctx context.Context, kid string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.load(ctx); err != nil {
		return err
	}
	s, now := r.current.Load(), r.moment()
	for i := range s.records {
		record := s.records[i]
		if record.KID != kid {
			continue
		}
		switch s.info(&record, now).State {
		case StateActive, StateNext:
			return ErrKeyInUse
		case StateExpired:
			return nil
		case StateRetired:
		}
		record.ExpireAt = now
		if record.RetireAt.IsZero() {
			record.RetireAt = now
		}
		if err := r.storage.UpdateKey(ctx, record); err != nil {
			return fmt.Errorf("keys: expire key %s: %w", kid, err)
		}
		return r.load(ctx)
	}
	return ErrUnknownKey
}

// Rewrap moves every key that is not expired to the key-encryption key in use
// now and tells how many it moved. It is run after a new one was put first.
func (r *Ring) Rewrap(ctx context.Context) (moved int, err error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	records, err := r.storage.Keys(ctx)
	if err != nil {
		return 0, fmt.Errorf("keys: read: %w", err)
	}
	now := r.moment()
	for i := range records {
		record := &records[i]
		if record.expired(now) {
			continue
		}
		sealed, changed, err := Rewrap(r.kek, record.Sealed, recordAAD(record))
		if err != nil {
			return moved, fmt.Errorf("keys: rewrap key %s: %w", record.KID, err)
		}
		if !changed {
			continue
		}
		record.Sealed = sealed
		if err := r.storage.UpdateKey(ctx, *record); err != nil {
			return moved, fmt.Errorf("keys: rewrap key %s: %w", record.KID, err)
		}
		moved++
	}
	return moved, r.load(ctx)
}

// slot finds the configured slot that a command names.
func (r *Ring) slot(use Use, alg string) (slot, error) {
	for _, s := range r.slots {
		if s.use == use && (s.alg == alg || alg == "" && use != UseSign) {
			return s, nil
		}
	}
	return slot{}, fmt.Errorf("%w: no %q key of algorithm %q is configured", ErrUnknownKey, use, alg)
}

// add makes the next generation of a slot. added is false when another instance did.
func (r *Ring) add(ctx context.Context, s slot, earlier []*Record, now, activate time.Time) (Record, bool, error) {
	record := Record{Use: s.use, Alg: s.alg, Generation: 1, CreatedAt: now, ActivateAt: activate}
	for _, e := range earlier {
		record.Generation = max(record.Generation, e.Generation+1)
	}
	if err := generate(r.kek, &record); err != nil {
		return record, false, err
	}
	added, err := r.storage.AddKey(ctx, record)
	if err != nil {
		return record, false, fmt.Errorf("keys: add %s %s key: %w", s.use, s.alg, err)
	}
	return record, added, nil
}

// retire sets when a key gives way to a successor and when it ends. It never
// puts off what is set, and tells whether it changed anything.
func (r *Ring) retire(record *Record, at time.Time) bool {
	if !record.RetireAt.IsZero() && !record.RetireAt.After(at) {
		return false
	}
	record.RetireAt = at
	if keep := r.terms.keep(record.Use); keep > 0 {
		if end := at.Add(keep); record.ExpireAt.IsZero() || record.ExpireAt.After(end) {
			record.ExpireAt = end
		}
	}
	return true
}

func (r *Ring) reloaded(ctx context.Context, kid string) (Info, error) {
	if err := r.load(ctx); err != nil {
		return Info{}, err
	}
	s := r.current.Load()
	for i := range s.records {
		if s.records[i].KID == kid {
			return s.info(&s.records[i], r.now()), nil
		}
	}
	return Info{}, fmt.Errorf("%w: key %s is gone", ErrUnknownKey, kid)
}
