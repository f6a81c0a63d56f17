package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/store"
	"vhod/store/storetest"
)

func reserve(t *testing.T, db *store.DB, clock *storetest.Clock, s store.AttemptSubject) store.Attempt {
	t.Helper()
	var a store.Attempt
	if err := db.Write(t.Context(), store.ReserveAttempt(s, "password", clock.Now(), &a)); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAttemptsBlockForGrowingTimes(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := store.AttemptSubject{Bucket: 7, ID: [16]byte{1}}
		for n := range 4 {
			if a := reserve(t, db, clock, s); !a.Allowed || a.Failures != int64(n+1) || !a.BlockedUntil.IsZero() {
				t.Fatalf("try %d: %+v", n+1, a)
			}
		}
		for _, block := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 6 * time.Hour} {
			a := reserve(t, db, clock, s)
			if !a.Allowed || !a.BlockedUntil.Equal(clock.Now().Add(block)) {
				t.Fatalf("want a try that blocks for %v: %+v at %v", block, a, clock.Now())
			}
			clock.Advance(block - time.Second)
			if a := reserve(t, db, clock, s); a.Allowed || a.BlockedUntil.IsZero() {
				t.Fatalf("a blocked try was allowed: %+v", a)
			}
			clock.Advance(time.Second)
		}
		clock.Advance(25 * time.Hour)
		if a := reserve(t, db, clock, s); !a.Allowed || a.Failures != 1 {
			t.Errorf("after a day of quiet: %+v, want the first failure", a)
		}
		if err := db.Write(t.Context(), store.ClearAttempts(s, "password")); err != nil {
			t.Fatal(err)
		}
		if a := reserve(t, db, clock, s); a.Failures != 1 {
			t.Errorf("after a success: %+v, want the first failure", a)
		}
	})
}

// TestReturnedAttemptDoesNotCount: tries given back leave exactly those that were
// made, however they are mixed.
func TestReturnedAttemptDoesNotCount(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := store.AttemptSubject{ID: [16]byte{1}}
		for n := range 4 {
			back := reserve(t, db, clock, s)
			if err := db.Write(t.Context(), store.ReturnAttempt(s, "password", back)); err != nil {
				t.Fatal(err)
			}
			if a := reserve(t, db, clock, s); !a.Allowed || a.Failures != int64(n+1) {
				t.Fatalf("failure %d: %+v", n+1, a)
			}
		}
		fifth := reserve(t, db, clock, s)
		if fifth.BlockedUntil.IsZero() {
			t.Fatalf("the fifth does not block: %+v", fifth)
		}
		if err := db.Write(t.Context(), store.ReturnAttempt(s, "password", fifth)); err != nil {
			t.Fatal(err)
		}
		if a := reserve(t, db, clock, s); !a.Allowed || a.Failures != 5 || a.BlockedUntil.IsZero() {
			t.Errorf("after the fifth was given back: %+v", a)
		}
		if err := db.Write(t.Context(), store.ReturnAttempt(s, "password", store.Attempt{Allowed: true, Failures: 1})); err != nil {
			t.Fatal(err)
		}
		if a := reserve(t, db, clock, s); a.Allowed {
			t.Errorf("a try that did not block lifted the block of another: %+v", a)
		}
	})
}

func TestAttemptRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := store.AttemptSubject{ID: [16]byte{1}}
		var mu sync.Mutex
		var wg sync.WaitGroup
		allowed := 0
		for range 32 {
			wg.Go(func() {
				var a store.Attempt
				err := db.Write(t.Context(), store.ReserveAttempt(s, "password", clock.Now(), &a))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if a.Allowed {
					allowed++
				}
			})
		}
		wg.Wait()
		if allowed != 5 {
			t.Errorf("%d of 32 tries were allowed, want 5", allowed)
		}
	})
}

func addCode(t *testing.T, db *store.DB, clock *storetest.Clock, subject [16]byte) store.Code {
	t.Helper()
	now := clock.Now()
	c := store.Code{ID: uuid.New(), Purpose: "login", Subject: subject, CodeMAC: []byte("right"), LinkMAC: []byte("link"), CodeUntil: now.Add(5 * time.Minute), ExpiresAt: now.Add(24 * time.Hour)}
	if err := db.Write(t.Context(), store.AddCode(c, now)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCode(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx, subject, wrong, right := t.Context(), [16]byte{1}, []byte("wrong"), []byte("right")
		c := addCode(t, db, clock, subject)
		for _, foreign := range []struct {
			id      uuid.UUID
			purpose string
			subject [16]byte
		}{{uuid.New(), "login", subject}, {c.ID, "register", subject}, {c.ID, "login", [16]byte{2}}} {
			if _, _, err := db.TryCode(ctx, foreign.id, foreign.purpose, foreign.subject, right, right, clock.Now()); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%+v: %v, want ErrNotFound", foreign, err)
			}
		}
		if ok, left, err := db.TryCode(ctx, c.ID, "login", subject, wrong, wrong, clock.Now()); ok || left != 2 || err != nil {
			t.Errorf("wrong: %v, %d, %v", ok, left, err)
		}
		if ok, _, err := db.TryCode(ctx, c.ID, "login", subject, wrong, right, clock.Now()); !ok || err != nil {
			t.Errorf("right under the former key: %v, %v", ok, err)
		}
		if _, _, err := db.TryCode(ctx, c.ID, "login", subject, right, right, clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("again: %v, want ErrNotFound", err)
		}
		first := addCode(t, db, clock, subject)
		second := addCode(t, db, clock, subject)
		if _, _, err := db.TryCode(ctx, first.ID, "login", subject, right, right, clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a replaced code: %v, want ErrNotFound", err)
		}
		clock.Advance(5*time.Minute + time.Second)
		if _, _, err := db.TryCode(ctx, second.ID, "login", subject, right, right, clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("late: %v, want ErrNotFound", err)
		}
		if whose, err := db.SpendLink(ctx, second.ID, "login", []byte("link"), nil, clock.Now()); err != nil || whose != subject {
			t.Errorf("link: %v, %v", whose, err)
		}
		if _, err := db.SpendLink(ctx, second.ID, "login", []byte("link"), nil, clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("link again: %v, want ErrNotFound", err)
		}
	})
}

func TestCodeRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		c := addCode(t, db, clock, [16]byte{1})
		var mu sync.Mutex
		var wg sync.WaitGroup
		won := 0
		for range 32 {
			wg.Go(func() {
				ok, _, err := db.TryCode(t.Context(), c.ID, c.Purpose, c.Subject, []byte("right"), nil, clock.Now())
				mu.Lock()
				defer mu.Unlock()
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
				if ok {
					won++
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("the code was right %d times, want once", won)
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		budget := store.Budget{Kind: "hour", Subject: []byte("a"), Window: time.Hour, Limit: 2}
		other := store.Budget{Kind: "hour", Subject: []byte("b"), Window: time.Hour, Limit: 3}
		for n := range 2 {
			if waits, err := db.Spend(t.Context(), clock.Now(), budget, other); waits != nil || err != nil {
				t.Fatalf("spend %d: %v, %v", n+1, waits, err)
			}
		}
		clock.Advance(10 * time.Minute)
		for range 3 {
			waits, err := db.Spend(t.Context(), clock.Now(), budget, other)
			if err != nil || !slices.Equal(waits, []time.Duration{50 * time.Minute, 0}) {
				t.Errorf("over the limit: %v, %v, want 50m and 0", waits, err)
			}
		}
		if waits, err := db.Spend(t.Context(), clock.Now(), other); waits != nil || err != nil {
			t.Errorf("the other budget: %v, %v; a refusal must spend nothing", waits, err)
		}
		if waits, err := db.Spend(t.Context(), clock.Now(), other); len(waits) != 1 || waits[0] != 50*time.Minute || err != nil {
			t.Errorf("the other budget used up: %v, %v", waits, err)
		}
		clock.Advance(50 * time.Minute)
		if waits, err := db.Spend(t.Context(), clock.Now(), budget, other); waits != nil || err != nil {
			t.Errorf("in the next window: %v, %v", waits, err)
		}
	})
}

func TestBudgetRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		shared := store.Budget{Kind: "b", Subject: []byte("all"), Window: time.Hour, Limit: 5}
		var mu sync.Mutex
		var wg sync.WaitGroup
		given := 0
		for n := range 32 {
			wg.Go(func() {
				own := store.Budget{Kind: "a", Subject: []byte{byte(n)}, Window: time.Hour, Limit: 1}
				waits, err := db.Spend(t.Context(), clock.Now(), own, shared)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case waits == nil:
					given++
				case waits[1] != time.Hour:
					t.Errorf("refused for %v, want an hour", waits[1])
				}
			})
		}
		wg.Wait()
		if given != 5 {
			t.Errorf("given %d times, want 5", given)
		}
	})
}
