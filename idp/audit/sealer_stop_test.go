package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
)

// A server that stops seals and anchors what was written to the last.
func TestRunStops(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.sealer(db).Run(ctx) }()
		s.write(t.Context(), 3)
		for s.count("SELECT count(*) FROM journal") < 3 {
			time.Sleep(10 * time.Millisecond)
		}
		s.write(t.Context(), 4)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		s.wantSealed(7)
		if n := s.count("SELECT count(*) FROM journal_lane WHERE anchored < seal"); n != 0 {
			t.Error("the last seal has no anchor")
		}
		s.wantGood()
	})
}

// What a process sealed that was killed is anchored by another.
func TestAnchorOfTheDead(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		s.write(t.Context(), 3)
		s.sealAll(s.sealer(db))
		if err := s.sealer(db).Anchor(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := s.verify(); r.Wrong != 0 || r.Anchors != 1 || s.count("SELECT count(*) FROM journal_lane WHERE anchored = 1") != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// Sealing that is cut off at any moment loses nothing, seals nothing twice, and
// leaves a journal that is intact.
func TestSealInterrupted(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		sealer := s.sealer(db)
		const rounds, each = 40, 100
		cut := 0
		for i := range rounds {
			s.write(t.Context(), each)
			ctx, stop := context.WithTimeout(t.Context(), time.Duration(i)*500*time.Microsecond)
			if err := errors.Join(sealer.SealAll(ctx), sealer.Anchor(ctx)); err != nil {
				cut++
			}
			stop()
		}
		if cut == 0 {
			t.Error("nothing was cut off")
		}
		s.sealAll(sealer)
		s.wantSealed(rounds * each)
		s.wantGood()
	})
}
