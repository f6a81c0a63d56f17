package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
)

// impatient opens a store beside an open one, on the same database.
func impatient(t *testing.T, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{
		DSN: dsn, Now: storetest.NewClock().Now, MaxConns: 1,
		AcquireTimeout: time.Second, BusyTimeout: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func TestConflictTellsTheTable(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		ctx := t.Context()
		exec(t, db, insertCoin, 1, "a", 0)
		for name, args := range map[string][]any{"primary key": {1, "b", 0}, "unique": {2, "a", 0}} {
			_, err := db.Q(ctx).Exec(ctx, insertCoin, args...)
			if !errors.Is(err, store.ErrConflict) || store.ConflictTable(err) != "coin" {
				t.Errorf("%s: %v of %q", name, err, store.ConflictTable(err))
			}
		}
		_, err := db.Q(ctx).Exec(ctx, "UPDATE coin SET owner = NULL")
		for _, kind := range []error{store.ErrConflict, store.ErrStale, store.ErrUnavailable, store.ErrNotFound} {
			if err == nil || errors.Is(err, kind) {
				t.Errorf("a NULL is %v", err)
			}
		}
		if store.ConflictTable(err) != "" {
			t.Errorf("a NULL conflicts in %q", store.ConflictTable(err))
		}
	})
}

// TestExhausted has every connection taken.
func TestExhausted(t *testing.T) {
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			db := impatient(t, storetest.DSN(t, engine))
			ctx := t.Context()
			err := db.Tx(ctx, func(ctx context.Context) error {
				// Outside of this transaction, whose connection is the only one.
				_, err := db.Q(t.Context()).Exec(t.Context(), "CREATE TABLE other (id BIGINT)")
				return err
			})
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("writers exhausted: %v", err)
			}
			rows, err := db.Q(ctx).Query(ctx, "SELECT 1")
			if err != nil {
				t.Fatal(err)
			}
			var one int
			if err := db.Q(ctx).QueryRow(ctx, "SELECT 1").Scan(&one); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("readers exhausted: %v", err)
			}
			gone, cancel := context.WithCancel(ctx)
			cancel()
			if err := db.Q(gone).QueryRow(gone, "SELECT 1").Scan(&one); errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.Canceled) {
				t.Errorf("the caller has gone: %v", err)
			}
			rows.Close()
			if err := db.Ping(ctx); err != nil {
				t.Errorf("after all are free again: %v", err)
			}
		})
	}
}

func TestDeadlineIsUnavailable(t *testing.T) {
	slow := map[string]string{
		storetest.Postgres: "SELECT 1 FROM pg_sleep(20)",
		storetest.SQLite:   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT count(*) FROM n",
	}
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		var n int64
		err := db.Q(ctx).QueryRow(ctx, slow[db.Engine()]).Scan(&n)
		if !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLostConnectionIsUnavailable(t *testing.T) {
	dsn := storetest.DSN(t, storetest.Postgres)
	db, other := impatient(t, dsn), impatient(t, dsn)
	ctx := t.Context()
	var pid int
	if err := db.Q(ctx).QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	err := db.Tx(ctx, func(ctx context.Context) error {
		if err := db.Q(ctx).QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		exec(t, other, "SELECT pg_terminate_backend($1)", pid)
		_, err := db.Q(ctx).Exec(ctx, "CREATE TABLE other (id BIGINT)")
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("%v", err)
	}
	if err := db.Ping(ctx); err != nil {
		t.Fatalf("the pool did not replace the connection: %v", err)
	}
}

func TestSQLiteBusyAndFull(t *testing.T) {
	dsn := storetest.DSN(t, storetest.SQLite)
	db, other := impatient(t, dsn), impatient(t, dsn)
	ctx := t.Context()
	exec(t, db, "CREATE TABLE blob (id BIGINT NOT NULL PRIMARY KEY, data BYTEA NOT NULL)")
	err := db.Tx(ctx, func(ctx context.Context) error {
		exec(t, db, "SELECT 1") // a reader is free
		_, err := other.Q(ctx).Exec(ctx, "DELETE FROM blob")
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("locked: %v", err)
	}

	exec(t, db, "PRAGMA max_page_count = 20")
	err = db.Tx(ctx, func(ctx context.Context) error {
		_, err := db.Q(ctx).Exec(ctx, "INSERT INTO blob (id, data) VALUES ($1, $2)", 1, make([]byte, 1<<20))
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("full: %v", err)
	}
	exec(t, db, "INSERT INTO blob (id, data) VALUES ($1, $2)", 2, []byte{1})
	if n := count(t, db, "SELECT count(*) FROM blob"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestSQLiteReaderCannotWrite(t *testing.T) {
	db, _ := storetest.Open(t, storetest.SQLite)
	table(t, db)
	ctx := t.Context()
	// The pragma is a read to the router, so it shows the readers' setting.
	if n := count(t, db, "SELECT query_only FROM pragma_query_only"); n != 1 {
		t.Fatal("the readers may write")
	}
	for statement, want := range map[string]string{
		"SELECT journal_mode FROM pragma_journal_mode": "wal",
		"SELECT synchronous FROM pragma_synchronous":   "2",
		"SELECT foreign_keys FROM pragma_foreign_keys": "1",
	} {
		var got string
		if err := db.Q(ctx).QueryRow(ctx, statement).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, %v", statement, got, err)
		}
		err := db.Tx(ctx, func(ctx context.Context) error { // the writer
			return db.Q(ctx).QueryRow(ctx, statement).Scan(&got)
		})
		if err != nil || got != want {
			t.Errorf("writer: %s: %q, %v", statement, got, err)
		}
	}
}
