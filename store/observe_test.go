package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// TestKept: the observer hears of an event if and only if the journal has it.
func TestKept(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var told []idp.EventName
		db.Observe(store.Observer{Kept: func(e idp.Event) { told = append(told, e.Name) }})
		expect := func(what string, names ...idp.EventName) {
			t.Helper()
			if !slices.Equal(told, names) {
				t.Errorf("%s: told of %v, want %v", what, told, names)
			}
			told = nil
		}
		event := func(name idp.EventName) store.Write {
			w, err := store.Event(idp.Event{ID: uuid.New(), At: clock.Now(), Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		stale := func(b *store.Batch) { b.Require(`SELECT 1 FROM guard`) }
		ctx := t.Context()
		if err := db.Write(ctx, event("a"), event("b")); err != nil {
			t.Fatal(err)
		}
		expect("kept", "a", "b")
		if err := db.Write(ctx, event("a"), stale); !errors.Is(err, store.ErrStale) {
			t.Fatal(err)
		}
		expect("failed")
		stop := errors.New("stop")
		if err := db.Tx(ctx, func(ctx context.Context) error { return errors.Join(db.Write(ctx, event("a")), stop) }); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		expect("rolled back")
		if err := db.Tx(ctx, func(ctx context.Context) error {
			err := db.Write(ctx, event("a"))
			expect("not committed yet")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		expect("committed", "a")
	})
}

// TestKeptOfGrants: the same of events that are written on a condition.
func TestKeptOfGrants(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		addBank(t, db, clock)
		grant := newGranting(t, db, clock, "+79990000001").grant(clock)
		ctx, now := t.Context(), clock.Now()
		if err := db.RedeemCode(ctx, grant, now); err != nil {
			t.Fatal(err)
		}
		told := 0
		db.Observe(store.Observer{Kept: func(idp.Event) { told++ }})
		if _, err := db.RefreshGrant(ctx, refreshing(grant, 1, clock), now, grantEvent(clock, idp.EventTokenRefreshed)); err != nil || told != 1 {
			t.Fatalf("refreshed: told %d times, %v", told, err)
		}
		if err := db.EndReused(ctx, refreshing(grant, 2, clock), now, grantEvent(clock, idp.EventRefreshReused)); err != nil || told != 1 {
			t.Fatalf("nothing was reused: told %d times, %v", told, err)
		}
		for range 2 {
			if err := db.RevokeGrant(ctx, grant.OID.Bucket(), grant.ID, "bank", now, grantEvent(clock, idp.EventTokenRevoked)); err != nil || told != 2 {
				t.Fatalf("revoked: told %d times, %v", told, err)
			}
		}
	})
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		begun := clock.Now()
		enqueue(t, db, clock, "sms")
		clock.Advance(time.Minute)
		enqueue(t, db, clock, "sms")
		enqueue(t, db, clock, "email")
		if err := db.FinishJob(t.Context(), leaseJob(t, db, clock, "email"), store.JobFailed, "no such mailbox", clock.Now()); err != nil {
			t.Fatal(err)
		}
		all, err := db.Outbox(t.Context())
		want := []store.OutboxState{{"email", store.JobFailed, 1, time.Time{}}, {"sms", store.JobQueued, 2, begun}}
		if err != nil || !slices.EqualFunc(all, want, func(a, b store.OutboxState) bool {
			return a.Destination == b.Destination && a.State == b.State && a.Jobs == b.Jobs && a.Oldest.Equal(b.Oldest)
		}) {
			t.Errorf("outbox %+v, %v, want %+v", all, err, want)
		}
	})
}

func TestPools(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		if err := db.Tx(t.Context(), func(context.Context) error {
			for _, p := range db.Pools() {
				if used := p.Name != "readers"; (p.InUse == 1) != used || p.InUse+p.Idle > p.Max || p.Waits < 0 {
					t.Errorf("in a transaction: %+v", p)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
