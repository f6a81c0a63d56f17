package store_test

import (
	"context"
	"errors"
	"testing"

	"vhod/store"
	"vhod/store/storetest"
)

// TestBatchConditions shows each way to make later statements depend on an
// earlier one.
func TestBatchConditions(t *testing.T) {
	tests := []struct {
		name  string
		build func(b *store.Batch)
		want  error
		kept  int // rows besides coin 1, which is spent by "rival"
	}{
		{"required state was left", func(b *store.Batch) {
			b.Exec("UPDATE coin SET owner = $1, spent = 1 WHERE coin_id = $2 AND owner = $3", "me", 1, "rival")
			b.Require("SELECT 1 FROM coin WHERE coin_id = $1 AND owner = $2", 1, "me")
			b.Exec(insertCoin, 2, "b", 0)
		}, nil, 1},
		{"required state was not left", func(b *store.Batch) {
			b.Exec(insertCoin, 3, "before", 0)
			b.Exec("UPDATE coin SET owner = $1, spent = 1 WHERE coin_id = $2 AND owner = $3", "me", 1, "nobody")
			b.Require("SELECT 1 FROM coin WHERE coin_id = $1 AND owner = $2", 1, "me")
			b.Exec(insertCoin, 2, "b", 0)
		}, store.ErrStale, 0},
		{"unique id was free", func(b *store.Batch) {
			b.Exec(insertCoin, 2, "b", 0)
			b.Exec(insertCoin, 3, "c", 0)
		}, nil, 2},
		{"unique id was taken", func(b *store.Batch) {
			b.Exec(insertCoin, 2, "b", 0)
			b.Exec(insertCoin, 1, "c", 0)
			b.Exec(insertCoin, 3, "d", 0)
		}, store.ErrConflict, 0},
		{"later statement selects the state left", func(b *store.Batch) {
			var n int64
			b.ExecCount(&n, "UPDATE coin SET spent = $1 WHERE coin_id = $2 AND spent = 0", 77, 1)
			b.Exec("INSERT INTO coin (coin_id, owner, spent) SELECT 2, 'b', 0 WHERE EXISTS (SELECT 1 FROM coin WHERE coin_id = $1 AND spent = $2)", 1, 77)
		}, nil, 0},
	}
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		for _, tt := range tests {
			for _, within := range []bool{false, true} {
				exec(t, db, "DELETE FROM coin")
				exec(t, db, insertCoin, 1, "rival", 5)
				var b store.Batch
				tt.build(&b)
				send := func(ctx context.Context) error { return db.Send(ctx, &b) }
				var err error
				if within {
					err = db.Tx(t.Context(), send)
				} else {
					err = send(t.Context())
				}
				if !errors.Is(err, tt.want) {
					t.Fatalf("%s: error %v, want %v", tt.name, err, tt.want)
				}
				if n := count(t, db, "SELECT count(*) FROM coin WHERE coin_id <> 1"); n != tt.kept {
					t.Fatalf("%s: %d rows kept, want %d", tt.name, n, tt.kept)
				}
			}
		}
		if n := count(t, db, "SELECT count(*) FROM guard"); n != 0 {
			t.Fatalf("the guard holds %d rows", n)
		}
	})
}

func TestBatchReads(t *testing.T) {
	errOwn := errors.New("own")
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		ctx := t.Context()
		var returned, affected int64
		var owners []string
		var b store.Batch
		b.Exec(insertCoin, 1, "a", 0)
		b.QueryRow(insertCoin+" RETURNING coin_id", []any{2, "b", 0}, func(r store.Row) error { return r.Scan(&returned) })
		b.ExecCount(&affected, "UPDATE coin SET spent = 1")
		b.Query("SELECT owner FROM coin ORDER BY owner", nil, func(rows store.Rows) error {
			for rows.Next() {
				var o string
				if err := rows.Scan(&o); err != nil {
					return err
				}
				owners = append(owners, o)
			}
			return nil
		})
		if err := db.Send(ctx, &b); err != nil {
			t.Fatal(err)
		}
		if returned != 2 || affected != 2 || len(owners) != 2 || owners[1] != "b" {
			t.Fatalf("returned %d, affected %d, owners %v", returned, affected, owners)
		}

		// Reads alone, the first of them for nothing.
		b, owners = store.Batch{}, nil
		missing := false
		b.QueryRow("SELECT coin_id FROM coin WHERE coin_id = $1", []any{9}, func(r store.Row) error {
			err := r.Scan(&returned)
			missing = errors.Is(err, store.ErrNotFound)
			return nil
		})
		b.QueryRow("SELECT coin_id FROM coin WHERE coin_id = $1", []any{1}, func(r store.Row) error { return r.Scan(&returned) })
		if err := db.Send(ctx, &b); err != nil || !missing || returned != 1 {
			t.Fatalf("reads: %v, missing %v, returned %d", err, missing, returned)
		}

		// A reader's error is told and undoes nothing.
		b = store.Batch{}
		b.Query("SELECT owner FROM coin", nil, func(store.Rows) error { return errOwn })
		b.Exec(insertCoin, 3, "c", 0)
		if err := db.Send(ctx, &b); !errors.Is(err, errOwn) {
			t.Fatal(err)
		}
		if n := count(t, db, "SELECT count(*) FROM coin"); n != 3 {
			t.Fatalf("%d rows", n)
		}
		if err := db.Send(ctx, &store.Batch{}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestRaces has 32 goroutines want the same coin, by each way of spending.
func TestRaces(t *testing.T) {
	const racers = 32
	spend := map[string]func(ctx context.Context, db *store.DB, me int) error{
		"statement": func(ctx context.Context, db *store.DB, me int) error {
			var id int64
			return db.Q(ctx).QueryRow(ctx, "UPDATE coin SET spent = $1 WHERE coin_id = $2 AND spent = 0 RETURNING coin_id", me, 1).Scan(&id)
		},
		"require": func(ctx context.Context, db *store.DB, me int) error {
			var b store.Batch
			b.Exec("UPDATE coin SET spent = $1 WHERE coin_id = $2 AND spent = 0", me, 1)
			b.Require("SELECT 1 FROM coin WHERE coin_id = $1 AND spent = $2", 1, me)
			b.Exec("UPDATE coin SET spent = spent + 1 WHERE coin_id = $1", 2)
			return db.Send(ctx, &b)
		},
		"insert": func(ctx context.Context, db *store.DB, me int) error {
			var b store.Batch
			b.Exec(insertCoin, 3, "single", me)
			b.Exec("UPDATE coin SET spent = spent + 1 WHERE coin_id = $1", 2)
			return db.Send(ctx, &b)
		},
	}
	losses := map[string]error{"statement": store.ErrNotFound, "require": store.ErrStale, "insert": store.ErrConflict}
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		for name, try := range spend {
			exec(t, db, "DELETE FROM coin")
			exec(t, db, insertCoin, 1, "a", 0)
			exec(t, db, insertCoin, 2, "counter", 0)
			results := make(chan error, racers)
			for me := range racers {
				go func() { results <- try(t.Context(), db, me+1) }()
			}
			winners := 0
			for range racers {
				switch err := <-results; {
				case err == nil:
					winners++
				case !errors.Is(err, losses[name]):
					t.Errorf("%s: %v", name, err)
				}
			}
			if winners != 1 {
				t.Errorf("%s: %d winners", name, winners)
			}
			if n := count(t, db, "SELECT spent FROM coin WHERE coin_id = 2"); name != "statement" && n != 1 {
				t.Errorf("%s: what follows happened %d times", name, n)
			}
		}
	})
}
