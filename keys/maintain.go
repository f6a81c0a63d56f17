package keys

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// repairAfter is how long a successor must have existed before an instance that
// did not make it settles the end of its predecessor: the maker does so at once,
// and knows better whether the key was compromised.
const repairAfter = time.Minute

// Maintain keeps the ring in step: it takes in the storage, makes missing keys,
// makes the next key of each one whose period ends, and drops expired ones. The
// server calls it every few seconds; it costs one read unless there is work. On
// an error the ring goes on with the keys it has.
func (r *Ring) Maintain(ctx context.Context) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	records, taken, err := r.read(ctx)
	if err != nil {
		return err
	}
	changed, failed := r.tend(ctx, records)
	if changed {
		// Even after a failure: what was done is to be seen. What was wrong with the
		// first read, such as that a key was missing, may be right now.
		taken = r.load(ctx)
	}
	return errors.Join(failed, taken)
}

// tend does for each slot what its times ask for, all slots at once since making
// an RSA key takes long. It tells whether the storage may have changed.
func (r *Ring) tend(ctx context.Context, records []Record) (changed bool, err error) {
	now := r.moment()
	var group sync.WaitGroup
	outcomes := make([]struct {
		changed bool
		err     error
	}, len(r.slots))
	for i, s := range r.slots {
		group.Go(func() {
			outcomes[i].changed, outcomes[i].err = r.tendSlot(ctx, s, ofSlot(records, s), now)
		})
	}
	group.Wait()
	for _, outcome := range outcomes {
		changed = changed || outcome.changed
		err = errors.Join(err, outcome.err)
	}
	return changed, err
}

func (r *Ring) tendSlot(ctx context.Context, s slot, records []*Record, now time.Time) (changed bool, err error) {
	current, ok := active(records, itself, now)
	if !ok {
		// The very first start, or an algorithm switched on later.
		_, _, err := r.add(ctx, s, records, now, now)
		return true, err
	}
	for _, record := range records {
		at, due := settled(record, records, now)
		if !due || record.expired(now) || !r.retire(record, at) {
			continue
		}
		changed = true
		if err := r.storage.UpdateKey(ctx, *record); err != nil {
			return changed, fmt.Errorf("keys: retire key %s: %w", record.KID, err)
		}
	}
	if s.use == UseIndex || current.pending(now) || now.Before(current.ActivateAt.Add(r.terms.Period-r.terms.Publish)) {
		return changed, nil
	}
	for _, record := range records {
		if record.pending(now) {
			return changed, nil
		}
	}
	activate := current.ActivateAt.Add(r.terms.Period)
	if earliest := now.Add(r.terms.Publish); activate.Before(earliest) {
		activate = earliest
	}
	_, added, err := r.add(ctx, s, records, now, activate)
	if err != nil || !added {
		return true, err
	}
	if r.retire(current, activate) {
		if err := r.storage.UpdateKey(ctx, *current); err != nil {
			return true, fmt.Errorf("keys: retire key %s: %w", current.KID, err)
		}
	}
	return true, nil
}

// settled tells when a key without an end gave way to a successor, for one whose
// maker stopped before it could write that down.
func settled(record *Record, records []*Record, now time.Time) (at time.Time, due bool) {
	if !record.RetireAt.IsZero() {
		return at, false
	}
	for _, other := range records {
		if other.Generation <= record.Generation || other.withdrawn() || now.Before(other.CreatedAt.Add(repairAfter)) {
			continue
		}
		if !due || other.ActivateAt.Before(at) {
			at, due = other.ActivateAt, true
		}
	}
	return at, due
}
