package keys

import (
	"context"
	"sync"
	"time"
)

const (
	rereadTimeout = 2 * time.Second
	maxRereaders  = 1024
)

// reread reads the storage again when a token names a key that this instance
// does not know: another instance may have just made it. All who ask while one
// read is due share it, and reads keep a distance, so that a flood of forged
// names costs the storage a few reads a second and each forger a short wait.
type reread struct {
	load  func(context.Context) error
	every time.Duration

	mu      sync.Mutex
	running bool
	waiting int
	due     *flight // not begun yet
}

type flight struct {
	done chan struct{}
	err  error // set before done is closed
}

// wait returns once a read that began after the call has been taken in. A read
// under way does not count: it may have missed the key. Too many waiting callers
// are turned away with ErrLookups.
func (r *reread) wait(ctx context.Context) error {
	r.mu.Lock()
	if r.waiting >= maxRereaders {
		r.mu.Unlock()
		return ErrLookups
	}
	r.waiting++
	if r.due == nil {
		r.due = &flight{done: make(chan struct{})}
	}
	due := r.due
	if !r.running {
		r.running = true
		go r.run()
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.waiting--
		r.mu.Unlock()
	}()
	select {
	case <-due.done:
		return due.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run serves the flights that are due, then ends.
func (r *reread) run() {
	for {
		r.mu.Lock()
		next := r.due
		r.due = nil
		if next == nil {
			r.running = false
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		// Not the context of any one caller: the read serves them all.
		ctx, cancel := context.WithTimeout(context.Background(), rereadTimeout)
		next.err = r.load(ctx)
		cancel()
		close(next.done)
		time.Sleep(r.every)
	}
}
