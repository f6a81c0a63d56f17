package store

import "testing"

func TestRewrite(t *testing.T) {
	tests := []struct {
		sql, want string
		write     bool
	}{
		{"SELECT a FROM t WHERE a = $1 AND b = $12", "SELECT a FROM t WHERE a = ?1 AND b = ?12", false},
		{"  select '$1', \"$2\" FROM t WHERE c = $1", "  select '$1', \"$2\" FROM t WHERE c = ?1", false},
		{"SELECT 'it''s $1' /* $2 */ -- $3\n, $1", "SELECT 'it''s $1' /* $2 */ -- $3\n, ?1", false},
		{"SELECT 'open $1", "SELECT 'open $1", false},
		{"SELECT $ FROM t", "SELECT $ FROM t", false},
		{"INSERT INTO t (a) SELECT $1 RETURNING a", "INSERT INTO t (a) SELECT ?1 RETURNING a", true},
		{"UPDATE t SET a = (SELECT 1)", "UPDATE t SET a = (SELECT 1)", true},
		{"DELETE FROM t", "DELETE FROM t", true},
		{"WITH x AS (SELECT 1), y AS (SELECT 2) SELECT 1 FROM x", "WITH x AS (SELECT 1), y AS (SELECT 2) SELECT 1 FROM x", false},
		{"WITH x AS (SELECT ')' FROM t) DELETE FROM t", "WITH x AS (SELECT ')' FROM t) DELETE FROM t", true},
		{"WITH RECURSIVE x(i) AS (SELECT 1) INSERT INTO t SELECT i FROM x", "WITH RECURSIVE x(i) AS (SELECT 1) INSERT INTO t SELECT i FROM x", true},
		{"-- why\nSELECT 1", "-- why\nSELECT 1", false},
		{"CREATE TABLE t (a TEXT)", "CREATE TABLE t (a TEXT)", true},
		{"PRAGMA user_version", "PRAGMA user_version", true},
		{"", "", true},
	}
	for _, tt := range tests {
		if got := rewrite(tt.sql); got.text != tt.want || got.write != tt.write {
			t.Errorf("%q: %q, write %v", tt.sql, got.text, got.write)
		}
	}
}
