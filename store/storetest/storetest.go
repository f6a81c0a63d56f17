package storetest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"vhod/keys"
	"vhod/store"
)

// The engines to open.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// postgresVariable names the server for the tests.
const postgresVariable = "VHOD_TEST_POSTGRES"

// Run runs body on each engine, as the subtests "sqlite" and "postgres".
func Run(t *testing.T, body func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	for _, engine := range []string{SQLite, Postgres} {
		t.Run(engine, func(t *testing.T) {
			db, clock := Open(t, engine)
			body(t, db, clock)
		})
	}
}

// Open opens a migrated store of its own on one engine; it goes with the test.
func Open(t testing.TB, engine string) (*store.DB, *Clock) {
	t.Helper()
	clock := NewClock()
	config := store.Config{DSN: DSN(t, engine), Now: clock.Now, KEK: KEK(t)}
	db, err := store.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db, clock
}

// DSN is the address of an empty database of its own; it goes with the test.
func DSN(t testing.TB, engine string) string {
	t.Helper()
	if engine == SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "vhod.db")
	}
	server := os.Getenv(postgresVariable)
	switch {
	case server != "":
		return schema(t, server)
	case os.Getenv("CI") == "true":
		t.Fatalf("%s does not name a PostgreSQL server", postgresVariable)
	default:
		t.Skipf("%s does not name a PostgreSQL server (postgres://user@host:port/database)", postgresVariable)
	}
	return ""
}

// schema makes a schema and answers the address under which it is the only one.
func schema(t testing.TB, server string) string {
	t.Helper()
	address, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is not a URL", postgresVariable)
	}
	name := "test_" + hex.EncodeToString(random(8))
	admin(t, t.Context(), server, "CREATE SCHEMA "+name)
	t.Cleanup(func() {
		admin(t, context.WithoutCancel(t.Context()), server, "DROP SCHEMA "+name+" CASCADE")
	})
	query := address.Query()
	query.Set("search_path", name)
	address.RawQuery = query.Encode()
	return address.String()
}

func admin(t testing.TB, ctx context.Context, server, statement string) {
	t.Helper()
	db, err := store.Open(ctx, store.Config{DSN: server, Now: NewClock().Now, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Q(ctx).Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// KEK is a key-encryption key of its own for a test.
func KEK(t testing.TB) keys.KEK {
	t.Helper()
	k, err := keys.ParseKEK("test:" + base64.StdEncoding.EncodeToString(random(32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it aborts the process instead
	return b
}
