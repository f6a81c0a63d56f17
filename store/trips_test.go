package store_test

import (
	"context"
	"errors"
	"testing"

	"vhod/store"
	"vhod/store/storetest"
)

func TestTripsAreCountedAlike(t *testing.T) {
	one := func(ctx context.Context, db *store.DB) error {
		var n int
		return db.Q(ctx).QueryRow(ctx, "SELECT 1").Scan(&n)
	}
	tests := []struct {
		name string
		want int
		fn   func(ctx context.Context, db *store.DB) error
	}{
		{"nothing", 0, func(context.Context, *store.DB) error { return nil }},
		{"row", 1, one},
		{"exec", 1, func(ctx context.Context, db *store.DB) error {
			_, err := db.Q(ctx).Exec(ctx, "DELETE FROM coin")
			return err
		}},
		{"batch", 1, func(ctx context.Context, db *store.DB) error {
			var b store.Batch
			b.Exec("DELETE FROM coin")
			b.Exec("DELETE FROM kinds")
			return db.Send(ctx, &b)
		}},
		{"empty batch", 0, func(ctx context.Context, db *store.DB) error { return db.Send(ctx, &store.Batch{}) }},
		{"transaction", 3, func(ctx context.Context, db *store.DB) error {
			return db.Tx(ctx, func(ctx context.Context) error { return one(ctx, db) })
		}},
		{"nested transaction", 4, func(ctx context.Context, db *store.DB) error {
			return db.Tx(ctx, func(ctx context.Context) error {
				return errors.Join(one(ctx, db), db.Tx(ctx, func(ctx context.Context) error { return one(ctx, db) }))
			})
		}},
	}
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		before := db.Stats()
		total := 0
		for _, tt := range tests {
			ctx := store.CountTrips(t.Context())
			if err := tt.fn(ctx, db); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if n := store.Trips(ctx); n != tt.want {
				t.Errorf("%s: %d trips, want %d", tt.name, n, tt.want)
			}
			total += tt.want
		}
		after := db.Stats()
		if n := after.Trips - before.Trips; n != int64(total) {
			t.Errorf("%d trips in all, want %d", n, total)
		}
		if n := after.Statements - before.Statements; n != 7 {
			t.Errorf("%d statements in all, want 7", n)
		}
		if n := store.Trips(t.Context()); n != 0 {
			t.Errorf("%d trips without a counter", n)
		}
	})
}
