package store_test

import (
	"testing"

	"vhod/store"
	"vhod/store/storetest"
)

// TestStatementsPrepare has both engines compile every statement of the package
// against the migrated schema.
func TestStatementsPrepare(t *testing.T) {
	s := parsePackage(t)
	for _, p := range s.problems {
		t.Error(p)
	}
	for _, st := range s.statements {
		for _, p := range st.check() {
			t.Error(p)
		}
	}
	if len(s.statements) == 0 {
		t.Fatal("no statement was found")
	}
	t.Logf("%d statements", len(s.statements))
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		for _, st := range s.statements {
			if err := db.Prepare(t.Context(), st.sql); err != nil {
				t.Errorf("%s: %v", st.at, err)
			}
		}
	})
}

// TestStatementsAreChecked proves that the check sees what it must.
func TestStatementsAreChecked(t *testing.T) {
	const head = "package x\nconst columns = `a, b`\nfunc f() {\n"
	tests := []struct {
		name, body string
		statements int
		problems   int
	}{
		{"good", "q.Exec(ctx, `UPDATE t SET a = $1 WHERE b = $2`, 1, 2)", 1, 0},
		{"placeholder again", "q.Exec(ctx, `UPDATE t SET a = $1 WHERE b = $1`, 1)", 1, 0},
		{"constants joined", "q.Query(ctx, `SELECT ` + columns + ` FROM t`)", 1, 0},
		{"constant by name", "const sql = `SELECT a FROM t`\nq.Query(ctx, sql)", 1, 0},
		{"part of a statement", "const head = `SELECT a`\nq.Query(ctx, head+` FROM t`)", 1, 0},
		{"batch", "b.QueryRow(`SELECT a FROM t WHERE b = $1`, []any{1}, nil)\nb.ExecCount(&n, `DELETE FROM t`)\nb.Require(`SELECT 1 FROM t WHERE a = $1`, 1)", 3, 0},
		{"text in passing", "v := `SELECT a FROM t`", 1, 0},
		{"count", "q.Query(ctx, `SELECT count(*) FROM t`)", 1, 0},
		{"quoted", "q.Query(ctx, `SELECT a FROM t WHERE b = 'like %'`)", 1, 0},
		{"variable joined", "q.Query(ctx, `SELECT a FROM ` + table)", 0, 2},
		{"variable", "q.Query(ctx, sql)", 0, 1},
		{"formatted", "fmt.Sprintf(`SELECT a FROM %s`, table)", 1, 1},
		{"too few arguments", "q.Exec(ctx, `UPDATE t SET a = $1 WHERE b = $2`, 1)", 1, 1},
		{"too many in a batch", "b.Query(`SELECT a FROM t`, []any{1}, nil)", 1, 1},
		{"out of order", "q.Exec(ctx, `UPDATE t SET a = $2 WHERE b = $1`, 1, 2)", 1, 1},
		{"lower case", "q.Query(ctx, `select a from t`)", 0, 1},
		{"star", "q.Query(ctx, `SELECT * FROM t`)", 1, 1},
		{"star of a table", "q.Query(ctx, `SELECT t.* FROM t`)", 1, 1},
		{"now", "q.Query(ctx, `SELECT a FROM t WHERE b < now()`)", 1, 1},
		{"any", "q.Query(ctx, `SELECT a FROM t WHERE b = ANY($1)`, 1)", 1, 1},
		{"locking", "q.Query(ctx, `SELECT a FROM t FOR UPDATE SKIP LOCKED`)", 1, 1},
		{"like", "q.Query(ctx, `SELECT a FROM t WHERE b LIKE 'x'`)", 1, 1},
		{"lower", "q.Query(ctx, `SELECT lower(a) FROM t`)", 1, 1},
		{"json", "q.Query(ctx, `SELECT a->'b' FROM t`)", 1, 1},
		{"cast", "q.Query(ctx, `SELECT a::text FROM t`)", 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, map[string]string{"x.go": head + tt.body + "\n}\n"})
			problems := s.problems
			for _, st := range s.statements {
				problems = append(problems, st.check()...)
			}
			if len(s.statements) != tt.statements || len(problems) != tt.problems {
				t.Fatalf("statements %v, problems %q", s.statements, problems)
			}
		})
	}
}
