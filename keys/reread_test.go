package keys

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A flood of forged names costs the storage a few reads, and the right token of
// a new key still passes in it.
func TestFloodOfUnknownKeys(t *testing.T) {
	m, c := &memory{}, newClock()
	a := newRing(t, m, c.Now)
	b := newRing(t, m, c.Now, func(config *Config) { config.Terms.RereadEvery = 50 * time.Millisecond })
	forger := newRing(t, &memory{}, c.Now)
	forged, err := forger.Sign(t.Context(), ES256, "", map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	before := m.readCount()
	done := make(chan error, 200)
	for range 200 {
		go func() {
			_, _, err := b.Verify(t.Context(), forged, []string{ES256})
			done <- err
		}()
	}
	if _, err := a.Rotate(t.Context(), UseSign, ES256, Emergency); err != nil {
		t.Fatal(err)
	}
	token, err := a.Sign(t.Context(), ES256, "", map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Verify(t.Context(), token, []string{ES256}); err != nil {
		t.Errorf("the right token in the flood: %v", err)
	}
	for range 200 {
		if err := <-done; !errors.Is(err, ErrToken) {
			t.Errorf("a forged token: %v", err)
		}
	}
	if reads := m.readCount() - before; reads > 20 {
		t.Errorf("%d reads", reads)
	}
}

func TestRereadTurnsAwayTooMany(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	r := &reread{load: func(context.Context) error {
		close(started)
		<-release
		return nil
	}}
	answer := make(chan error)
	go func() { answer <- r.wait(t.Context()) }()
	<-started
	r.mu.Lock()
	r.waiting = maxRereaders
	r.mu.Unlock()
	if err := r.wait(t.Context()); !errors.Is(err, ErrLookups) {
		t.Errorf("one too many: %v", err)
	}
	close(release)
	if err := <-answer; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stuck := &reread{load: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	if err := stuck.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: %v", err)
	}
}
