package guard_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/guard"
	"vhod/keys"
	"vhod/store"
)

func (g *guards) reserve(t *testing.T, kind string, s store.AttemptSubject) guard.Attempt {
	t.Helper()
	var a guard.Attempt
	g.write(t, g.attempts.Reserve(kind, s, &a))
	return a
}

func TestFifthFailureBlocks(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		s := g.attempts.Account(idp.MinOID)
		for n := range 5 {
			a := g.reserve(t, guard.Password, s)
			if a.Blocked() || a.BlocksNow() != (n == 4) {
				t.Errorf("try %d: %+v", n+1, a)
			}
		}
		g.clock.Advance(20 * time.Second)
		if a := g.reserve(t, guard.Password, s); !a.Blocked() || a.BlocksNow() || a.Left() != 40*time.Second {
			t.Errorf("blocked try: %+v, %v left", a, a.Left())
		}
		if a := g.reserve(t, guard.SecondFactor, s); a.Blocked() {
			t.Error("the block closed the other way in")
		}
		if a := g.reserve(t, guard.Password, g.attempts.Account(idp.MinOID+1)); a.Blocked() {
			t.Error("the block closed another's account")
		}
		g.clock.Advance(40 * time.Second)
		if a := g.reserve(t, guard.Password, s); a.Blocked() || a.Left() != 5*time.Minute {
			t.Errorf("after the block: %+v", a)
		}
		g.write(t, g.attempts.Clear(guard.Password, s))
		if a := g.reserve(t, guard.Password, s); a.Blocked() || a.Failures != 1 || a.Left() != 0 {
			t.Errorf("after a success: %+v", a)
		}
	})
}

// A login that nobody has is counted, and blocked, like any other.
func TestUnknownLoginsAreCountedAlike(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		login := g.ring.Index("phone", "+79001234567")[0]
		known, unknown := g.attempts.Login(login, idp.MinOID), g.attempts.Login(login, 0)
		if unknown.Bucket < 0 || unknown.Bucket >= idp.Buckets {
			t.Errorf("bucket %d", unknown.Bucket)
		}
		for n := range 7 {
			a, b := g.reserve(t, guard.Password, known), g.reserve(t, guard.Password, unknown)
			if a != b {
				t.Errorf("try %d: %+v and %+v", n+1, a, b)
			}
		}
	})
}

func TestRaceOfTries(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		s := g.attempts.Account(idp.MinOID)
		var wg sync.WaitGroup
		var checks atomic.Int64
		for range 32 {
			wg.Go(func() {
				var a guard.Attempt
				if err := g.db.Write(t.Context(), g.attempts.Reserve(guard.Password, s, &a)); err != nil {
					t.Error(err)
				}
				if !a.Blocked() {
					checks.Add(1)
				}
			})
		}
		wg.Wait()
		if checks.Load() != 5 {
			t.Errorf("%d of 32 tries at a time were let through, want 5", checks.Load())
		}
	})
}

func TestCountOutlivesTheChangeOfKeys(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		before := g.attempts.Account(idp.MinOID)
		if _, err := g.ring.Rotate(t.Context(), keys.UseMAC, "", keys.Emergency); err != nil {
			t.Fatal(err)
		}
		if after := g.attempts.Account(idp.MinOID); after != before {
			t.Error("tries are forgotten when keys change")
		}
	})
}
