package store_test

import (
	"strings"
	"testing"

	"vhod/store"
)

func containsSecret(err error) bool { return strings.Contains(err.Error(), "secret") }

// table makes the tables that the engine's own tests use.
func table(t *testing.T, db *store.DB) {
	t.Helper()
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS guard (holds BOOLEAN NOT NULL, CONSTRAINT guard_holds CHECK (holds))",
		"CREATE TABLE coin (coin_id BIGINT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, spent BIGINT NOT NULL, UNIQUE (owner))",
		"CREATE TABLE kinds (id UUID NOT NULL PRIMARY KEY, at BIGINT NOT NULL, small SMALLINT NOT NULL, yes BOOLEAN NOT NULL, data BYTEA NOT NULL, word TEXT NOT NULL)",
	} {
		exec(t, db, statement)
	}
}

func exec(t *testing.T, db *store.DB, statement string, args ...any) int64 {
	t.Helper()
	n, err := db.Q(t.Context()).Exec(t.Context(), statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func count(t *testing.T, db *store.DB, statement string, args ...any) int {
	t.Helper()
	var n int
	if err := db.Q(t.Context()).QueryRow(t.Context(), statement, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
