package store

import (
	"context"
	"sync"
	"time"
)

const (
	// maxTogether is how many writes share a commit at most.
	maxTogether = 256
	// togetherWithin bounds a shared commit, which no caller's context ends.
	togetherWithin = 10 * time.Second
)

// together lets writes of several callers share a commit: while one is on its way
// those that come wait, and go together in the next.
type together struct {
	mu      sync.Mutex
	waiting []*togetherWrite
	busy    bool
}

type togetherWrite struct {
	write Write
	done  chan error
}

// WriteTogether keeps a write in a commit shared with those of others, and returns
// when it is kept. It is for what cannot conflict, as events: an error is every
// caller's. When ctx ends first, whether it is kept is not known.
func (db *DB) WriteTogether(ctx context.Context, w Write) error {
	mine := &togetherWrite{write: w, done: make(chan error, 1)}
	t := &db.together
	t.mu.Lock()
	t.waiting = append(t.waiting, mine)
	if !t.busy {
		t.busy = true
		go db.sendTogether()
	}
	t.mu.Unlock()
	select {
	case err := <-mine.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (db *DB) sendTogether() {
	for {
		t := &db.together
		t.mu.Lock()
		all := t.waiting[:min(len(t.waiting), maxTogether)]
		t.waiting = t.waiting[len(all):]
		if t.busy = len(all) > 0; !t.busy {
			t.waiting = nil
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		var b Batch
		for _, one := range all {
			one.write(&b)
		}
		ctx, cancel := context.WithTimeout(context.Background(), togetherWithin)
		err := db.Send(ctx, &b)
		cancel()
		for _, one := range all {
			one.done <- err
		}
	}
}
