package guard

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Rate is how many may come in a time, all of them at once at most.
type Rate struct {
	Limit int
	Per   time.Duration
}

// LimitError refuses what came too often.
type LimitError struct {
	// RetryAfter is when the next one is let through.
	RetryAfter time.Duration
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("too many requests; next in %s", e.RetryAfter)
}

// maxRates bounds the memory of Rates: some ten megabytes.
const maxRates = 200_000

// Rates limits what comes without a proof, in the memory of this process and without
// a round trip (the generic cell rate algorithm: one moment for each subject).
type Rates struct {
	// Monotonic is the machine's clock.
	Monotonic func() time.Time

	mu   sync.Mutex
	seed maphash.Seed
	// due is when a subject would have used up nothing.
	due map[uint64]time.Time
}

// NewRates counts from nothing.
func NewRates(monotonic func() time.Time) *Rates {
	return &Rates{Monotonic: monotonic, seed: maphash.MakeSeed(), due: map[uint64]time.Time{}}
}

// Take counts one of a kind for a subject; a *LimitError when there were too many,
// and then nothing is counted.
func (r *Rates) Take(kind, subject string, rate Rate) error {
	now, key := r.Monotonic(), r.key(kind, subject)
	r.mu.Lock()
	defer r.mu.Unlock()
	due, err := r.next(now, key, rate)
	if err != nil {
		return err
	}
	if len(r.due) >= maxRates {
		r.forget(now)
	}
	r.due[key] = due
	return nil
}

// Full tells, without counting, whether Take would refuse.
func (r *Rates) Full(kind, subject string, rate Rate) error {
	now, key := r.Monotonic(), r.key(kind, subject)
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.next(now, key, rate)
	return err
}

// next is what is due with one more.
func (r *Rates) next(now time.Time, key uint64, rate Rate) (time.Time, error) {
	due := r.due[key]
	if due.Before(now) {
		due = now
	}
	due = due.Add(rate.Per / time.Duration(rate.Limit))
	if wait := due.Sub(now) - rate.Per; wait > 0 {
		return due, &LimitError{wait}
	}
	return due, nil
}

// forget drops who has used up nothing; when that is hardly anybody, everyone: who
// commands so many networks is not held by their limits, and others must not pay.
func (r *Rates) forget(now time.Time) {
	for key, due := range r.due {
		if due.Before(now) {
			delete(r.due, key)
		}
	}
	if len(r.due) > maxRates*3/4 {
		clear(r.due)
	}
}

func (r *Rates) key(kind, subject string) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	h.WriteString(kind)
	h.WriteByte(0)
	h.WriteString(subject)
	return h.Sum64()
}

// Network is the part of an address that one subscriber is given: /24 and /64.
func Network(from string) string {
	network, _ := networks(from)
	return network
}

// Host is the part of an address that is one machine's: all of IPv4, /64 of IPv6.
func Host(from string) string {
	if address, err := netip.ParseAddr(from); err == nil && address.Unmap().Is4() {
		return address.Unmap().String()
	}
	return Network(from)
}
