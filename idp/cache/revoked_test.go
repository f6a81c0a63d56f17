package cache_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/cache"
	"vhod/store"
	"vhod/store/storetest"
)

func TestRevokedIsKnown(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			clock, dsn := storetest.NewClock(), storetest.DSN(t, engine)
			open := func() *store.DB {
				db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: clock.Now})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(db.Close)
				return db
			}
			testRevoked(t, open(), open(), clock)
		})
	}
}

func testRevoked(t *testing.T, db, other *store.DB, clock *storetest.Clock) {
	ctx := t.Context()
	until := clock.Now().Add(idp.AccessTokenLife)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Migrate(ctx))
	must(db.RevokeToken(ctx, "before the start", clock.Now(), until))
	r, err := cache.NewRevoked(ctx, db, clock.Now, clock.Now)
	must(err)
	expect := func(id string, want bool, trips int) {
		t.Helper()
		counted := store.CountTrips(ctx)
		got, err := r.Token(counted, id, 0, uuid.Nil)
		if n := store.Trips(counted); got != want || err != nil || n != trips {
			t.Errorf("%s: %v, %v in %d trips; want %v in %d", id, got, err, n, want, trips)
		}
	}
	expect("before the start", true, 0)
	expect("never", false, 0)

	t.Log("what this process revokes is known at once, and asked once")
	must(db.RevokeToken(ctx, "here", clock.Now(), until))
	expect("here", true, 1)
	expect("here", true, 0)
	expect("never", false, 0)

	t.Log("what another does, with a clock a little behind, is known after the next reading")
	must(other.RevokeToken(ctx, "elsewhere", clock.Now().Add(-5*time.Second), until))
	expect("elsewhere", false, 0)
	must(r.Maintain(ctx))
	expect("elsewhere", true, 0)

	t.Log("a stale copy is read anew")
	must(other.RevokeToken(ctx, "unseen", clock.Now(), until))
	clock.Advance(5 * time.Second)
	expect("unseen", true, 1)

	t.Log("a clock that stepped back hides nothing")
	must(db.RevokeToken(ctx, "ahead", clock.Now(), until))
	must(r.Maintain(ctx))
	clock.Advance(-time.Minute)
	must(db.RevokeToken(ctx, "back", clock.Now(), until))
	must(other.RevokeToken(ctx, "back elsewhere", clock.Now(), until))
	expect("back", true, 1)
	expect("back elsewhere", true, 0)
	clock.Advance(time.Minute)

	t.Log("what has expired is forgotten")
	clock.Advance(2 * idp.AccessTokenLife)
	must(r.Maintain(ctx))
	expect("here", false, 0)

	t.Log("without a database a stale copy answers nothing")
	clock.Advance(5 * time.Second)
	db.Close()
	if _, err := r.Token(ctx, "here", 0, uuid.Nil); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("without a database: %v", err)
	}
}
