package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
)

const insertCoin = "INSERT INTO coin (coin_id, owner, spent) VALUES ($1, $2, $3)"

func TestTxKeepsAllOrNothing(t *testing.T) {
	errOwn := errors.New("own")
	add := func(ctx context.Context, db *store.DB, id int, owner string) error {
		_, err := db.Q(ctx).Exec(ctx, insertCoin, id, owner, 0)
		return err
	}
	tests := []struct {
		name string
		fn   func(ctx context.Context, db *store.DB) error
		kept int
		want error
	}{
		{"success", func(ctx context.Context, db *store.DB) error {
			return errors.Join(add(ctx, db, 1, "a"), add(ctx, db, 2, "b"))
		}, 2, nil},
		{"error", func(ctx context.Context, db *store.DB) error {
			return errors.Join(add(ctx, db, 1, "a"), errOwn)
		}, 0, errOwn},
		{"nested joins", func(ctx context.Context, db *store.DB) error {
			return errors.Join(add(ctx, db, 1, "a"), db.Tx(ctx, func(ctx context.Context) error { return add(ctx, db, 2, "b") }))
		}, 2, nil},
		{"outer fails after nested", func(ctx context.Context, db *store.DB) error {
			return errors.Join(db.Tx(ctx, func(ctx context.Context) error { return add(ctx, db, 2, "b") }), errOwn)
		}, 0, errOwn},
		{"nested failure overlooked", func(ctx context.Context, db *store.DB) error {
			_ = db.Tx(ctx, func(ctx context.Context) error { return errors.Join(add(ctx, db, 1, "a"), errOwn) })
			return nil
		}, 0, errOwn},
		{"statement failure overlooked", func(ctx context.Context, db *store.DB) error {
			if err := add(ctx, db, 1, "a"); err != nil {
				return err
			}
			_ = add(ctx, db, 2, "a")
			return nil
		}, 0, store.ErrConflict},
		{"late failure overlooked", func(ctx context.Context, db *store.DB) error {
			if err := add(ctx, db, 1, "a"); err != nil {
				return err
			}
			var id int
			_ = db.Q(ctx).QueryRow(ctx, insertCoin+" RETURNING coin_id", 2, "a", 0).Scan(&id)
			return nil
		}, 0, store.ErrConflict},
		{"after a failure", func(ctx context.Context, db *store.DB) error {
			_ = add(ctx, db, 1, "a")
			_ = add(ctx, db, 1, "b")
			if err := add(ctx, db, 3, "c"); err == nil {
				t.Error("a failed transaction went on")
			}
			return nil
		}, 0, store.ErrConflict},
		{"no row is no failure", func(ctx context.Context, db *store.DB) error {
			var id int
			err := db.Q(ctx).QueryRow(ctx, "SELECT coin_id FROM coin WHERE owner = $1", "x").Scan(&id)
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("no row: %v", err)
			}
			return add(ctx, db, 1, "a")
		}, 1, nil},
		{"batch within", func(ctx context.Context, db *store.DB) error {
			var b store.Batch
			b.Exec(insertCoin, 1, "a", 0)
			b.Exec(insertCoin, 2, "b", 0)
			return errors.Join(db.Send(ctx, &b), errOwn)
		}, 0, errOwn},
	}
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				exec(t, db, "DELETE FROM coin")
				err := db.Tx(t.Context(), func(ctx context.Context) error { return tt.fn(ctx, db) })
				if !errors.Is(err, tt.want) {
					t.Fatalf("error %v, want %v", err, tt.want)
				}
				if n := count(t, db, "SELECT count(*) FROM coin"); n != tt.kept {
					t.Fatalf("%d rows kept, want %d", n, tt.kept)
				}
			})
		}
	})
}

func TestTxSurvivesPanic(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Tx(t.Context(), func(ctx context.Context) error {
				if _, err := db.Q(ctx).Exec(ctx, insertCoin, 1, "a", 0); err != nil {
					t.Error(err)
				}
				panic("on purpose")
			})
		}()
		// The connection must be free again: SQLite has but one that writes.
		exec(t, db, insertCoin, 2, "b", 0)
		if n := count(t, db, "SELECT count(*) FROM coin"); n != 1 {
			t.Fatalf("%d rows", n)
		}
	})
}

func TestTxOfAGoneCaller(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Tx(ctx, func(ctx context.Context) error {
			_, err := db.Q(ctx).Exec(ctx, insertCoin, 1, "a", 0)
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("committed, or a wrong error: %v", err)
		}
		if n := count(t, db, "SELECT count(*) FROM coin"); n != 0 {
			t.Fatalf("%d rows", n)
		}
	})
}

func TestOpenRowsHoldTheTransaction(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		exec(t, db, insertCoin, 1, "a", 0)
		exec(t, db, insertCoin, 2, "b", 0)
		err := db.Tx(t.Context(), func(ctx context.Context) error {
			rows, err := db.Q(ctx).Query(ctx, "SELECT coin_id FROM coin")
			if err != nil {
				return err
			}
			defer rows.Close()
			rows.Next()
			_, err = db.Q(ctx).Exec(ctx, "UPDATE coin SET spent = 1")
			return err
		})
		if err == nil {
			t.Fatal("a statement ran under open rows")
		}
		exec(t, db, "UPDATE coin SET spent = 1")
	})
}

// A request that ends while its transaction begins leaves the connection as it
// was: SQLite has one writer, which everybody needs.
func TestTxCutOffAtItsBeginning(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		for i := range 3000 {
			ctx, stop := context.WithTimeout(t.Context(), time.Duration(i%150)*time.Microsecond)
			_ = db.Tx(ctx, func(context.Context) error { return nil }) // either way
			stop()
		}
		exec(t, db, "INSERT INTO coin (coin_id, owner, spent) VALUES (1, 'a', 0)")
		if err := db.Tx(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
}
