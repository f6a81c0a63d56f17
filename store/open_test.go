package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
)

func TestMigrateIsDoneOnce(t *testing.T) {
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			ctx := t.Context()
			db, err := store.Open(ctx, store.Config{DSN: storetest.DSN(t, engine), Now: storetest.NewClock().Now})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if db.Engine() != engine {
				t.Fatalf("engine %q, want %q", db.Engine(), engine)
			}
			if err := db.Ping(ctx); err != nil {
				t.Fatal(err)
			}
			pending, err := db.MigrationPending(ctx)
			if err != nil || len(pending) == 0 || pending[0] != "0001_core.sql" {
				t.Fatalf("pending before: %v, %v", pending, err)
			}
			start := time.Now()
			for range 2 {
				if err := db.Migrate(ctx); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("migrated in %v", time.Since(start))
			if pending, err = db.MigrationPending(ctx); err != nil || len(pending) != 0 {
				t.Fatalf("pending after: %v, %v", pending, err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	clock := storetest.NewClock()
	tests := []struct {
		name        string
		config      store.Config
		unavailable bool
	}{
		{"no clock", store.Config{DSN: "x.db"}, false},
		{"no address", store.Config{Now: clock.Now}, false},
		{"no path", store.Config{DSN: "sqlite:", Now: clock.Now}, false},
		{"memory", store.Config{DSN: "sqlite::memory:", Now: clock.Now}, false},
		{"another database", store.Config{DSN: "mysql://localhost/x", Now: clock.Now}, false},
		{"no folder", store.Config{DSN: filepath.Join(t.TempDir(), "none", "x.db"), Now: clock.Now}, false},
		{"bad address", store.Config{DSN: "postgres://user:secret@host:port/x", Now: clock.Now}, false},
		{"nobody listens", store.Config{DSN: "postgres://user:secret@127.0.0.1:1/x", Now: clock.Now}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db, err := store.Open(t.Context(), tt.config)
			if err == nil {
				db.Close()
				t.Fatal("opened")
			}
			if errors.Is(err, store.ErrUnavailable) != tt.unavailable {
				t.Fatalf("unavailable is not %v: %v", tt.unavailable, err)
			}
			if containsSecret(err) {
				t.Fatalf("the error tells the password: %v", err)
			}
		})
	}
}

func TestPersonalDataNeedsKEK(t *testing.T) {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{DSN: storetest.DSN(t, storetest.SQLite), Now: storetest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.KEK().Wrap(nil, nil); err == nil {
		t.Fatal("wrapped without a key")
	}
}

func TestMigrateTogether(t *testing.T) {
	dsn := storetest.DSN(t, storetest.Postgres)
	results := make(chan error, 2)
	for range cap(results) {
		go func() {
			db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: storetest.NewClock().Now})
			if err == nil {
				defer db.Close()
				err = db.Migrate(t.Context())
			}
			results <- err
		}()
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// TestCloseTwice: the second time there is nothing to wait for.
func TestCloseTwice(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		db.Close()
		begun := time.Now()
		db.Close()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the second time took %s", took)
		}
	})
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name ?#%.db")
	db, err := store.Open(t.Context(), store.Config{DSN: path, Now: storetest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec(t, db, "CREATE TABLE t (a TEXT)")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v, %v", suffix, info, err)
		}
	}
}

// TestWritable: a database that only reads, as a standby does, is told apart.
func TestWritable(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		if err := db.Writable(t.Context()); err != nil {
			t.Error(err)
		}
	})
	dsn := storetest.DSN(t, storetest.Postgres) + "&default_transaction_read_only=on"
	db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: storetest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Writable(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a standby: %v, want ErrUnavailable", err)
	}
}
