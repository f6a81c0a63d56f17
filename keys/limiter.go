package keys

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// BusyError says that the queue of password hashes is full: a flood, not a fault
// of the person. It is answered with 503 and Retry-After.
type BusyError struct {
	RetryAfter time.Duration // at least a second, in whole seconds
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("keys: too many passwords are being hashed, retry after %s", e.RetryAfter)
}

// limiter lets as many hashes run at once as it has slots, and as many wait as
// will have their turn within the queue's length. It keeps a moving average of
// how long a hash takes.
type limiter struct {
	slots chan struct{}
	queue time.Duration

	mu            sync.Mutex
	waiting       int
	average       time.Duration
	done, refused int64
}

// acquire takes a slot, waiting in turn. It answers a *BusyError at once when
// the queue is full, and the error of ctx when that ends first.
func (l *limiter) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *limiter) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.full(); err != nil {
		l.refused++
		return err
	}
	l.waiting++
	return nil
}

// full is the *BusyError of a queue in which there is no room. Callers hold mu.
func (l *limiter) full() error {
	if l.waiting < l.capacity() {
		return nil
	}
	wait := time.Duration(l.waiting+1) * l.average / time.Duration(cap(l.slots))
	return &BusyError{RetryAfter: max(wait.Truncate(time.Second)+time.Second, time.Second)}
}

// capacity is how many hashes all slots together finish within the queue's
// length. Callers hold mu.
func (l *limiter) capacity() int {
	return max(1, int(int64(cap(l.slots))*int64(l.queue)/int64(l.average)))
}

func (l *limiter) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
}

// release gives the slot back after a hash that took so long.
func (l *limiter) release(took time.Duration) {
	<-l.slots
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	// No hash is faster than a tenth of a millisecond: a clock that stands still must not make the queue endless.
	l.average += (max(took, shortestHash) - l.average) / 8
}

const shortestHash = 100 * time.Microsecond
