package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"vhod/store"
	"vhod/store/storetest"
)

// Each query answers lines (table, what) that must be the same on both engines;
// partitions are no tables of their own.
var schemaQueries = map[string][]string{
	storetest.Postgres: {
		`SELECT c.table_name, c.column_name || ' ' || CASE c.udt_name WHEN 'int8' THEN 'BIGINT' WHEN 'int2' THEN 'SMALLINT'
			WHEN 'bool' THEN 'BOOLEAN' ELSE upper(c.udt_name) END || CASE c.is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
			|| coalesce(' DEFAULT ' || c.column_default, '')
			FROM information_schema.columns AS c JOIN pg_class AS t ON t.relname = c.table_name AND t.relnamespace = current_schema()::regnamespace
			WHERE c.table_schema = current_schema() AND NOT t.relispartition`,
		`SELECT t.relname, CASE WHEN i.indisprimary THEN 'PRIMARY KEY' WHEN i.indisunique THEN 'UNIQUE' ELSE 'INDEX' END || ' (' ||
			(SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)
				JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) || ')'
				|| CASE WHEN i.indpred IS NULL THEN '' ELSE ' PARTIAL' END
			FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid WHERE t.relnamespace = current_schema()::regnamespace AND NOT t.relispartition`,
		`SELECT t.relname, 'FOREIGN KEY (' ||
			(SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY AS k(attnum, n)
				JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum) || ') ' || f.relname || ' (' ||
			(SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY AS k(attnum, n)
				JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum) || ') ' ||
			CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END
			FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid JOIN pg_class AS f ON f.oid = c.confrelid
			WHERE c.contype = 'f' AND t.relnamespace = current_schema()::regnamespace`,
	},
	storetest.SQLite: {
		`SELECT m.name, c.name || ' ' || upper(c.type) || CASE c."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END
			|| coalesce(' DEFAULT ' || c.dflt_value, '')
			FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'`,
		`SELECT m.name, CASE WHEN i.origin = 'pk' THEN 'PRIMARY KEY' WHEN i."unique" = 1 THEN 'UNIQUE' ELSE 'INDEX' END || ' (' ||
			(SELECT group_concat(k.name, ',' ORDER BY k.seqno) FROM pragma_index_info(i.name) AS k) || ')'
				|| CASE i.partial WHEN 0 THEN '' ELSE ' PARTIAL' END
			FROM sqlite_schema AS m JOIN pragma_index_list(m.name) AS i WHERE m.type = 'table'`,
		`SELECT m.name, 'FOREIGN KEY (' || group_concat(f."from", ',' ORDER BY f.seq) || ') ' || f."table" || ' (' ||
			group_concat(f."to", ',' ORDER BY f.seq) || ') ' || f.on_delete
			FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' GROUP BY m.name, f.id`,
	},
}

// TestSchemaIsTheSame compares what one file of migrations made of two engines.
func TestSchemaIsTheSame(t *testing.T) {
	lite, _ := storetest.Open(t, storetest.SQLite)
	postgres, _ := storetest.Open(t, storetest.Postgres)
	if err := alter(t, lite, postgres); err != nil {
		t.Fatal(err)
	}
	a, b := describe(t, lite), describe(t, postgres)
	if len(a) < 10 || !slices.Contains(a["parent"], "PRIMARY KEY (a,b)") || len(a["child"]) != 5 {
		t.Fatalf("the description is poor: %v", a)
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[name]; !ok {
			t.Errorf("SQLite lacks the table %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if got, want := strings.Join(a[name], "\n  "), strings.Join(b[name], "\n  "); got != want {
			t.Errorf("%s\nSQLite:\n  %s\nPostgreSQL:\n  %s", name, got, want)
		}
	}
}

// alter adds tables with everything that the comparison must see.
func alter(t *testing.T, all ...*store.DB) error {
	for _, db := range all {
		for _, statement := range []string{
			"CREATE TABLE parent (b BIGINT NOT NULL, a TEXT NOT NULL, PRIMARY KEY (a, b))",
			"CREATE TABLE child (x TEXT NOT NULL, y BIGINT NOT NULL, z BYTEA, FOREIGN KEY (x, y) REFERENCES parent (a, b) ON DELETE CASCADE)",
			"CREATE UNIQUE INDEX child_yz ON child (y, z)",
		} {
			if _, err := db.Q(t.Context()).Exec(t.Context(), statement); err != nil {
				return fmt.Errorf("%s: %w", db.Engine(), err)
			}
		}
	}
	return nil
}

func describe(t *testing.T, db *store.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, query := range schemaQueries[db.Engine()] {
		rows, err := db.Q(t.Context()).Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var name, what string
			if err := rows.Scan(&name, &what); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "sqlite_") {
				continue // the tools' own
			}
			all[name] = append(all[name], what)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, lines := range all {
		slices.Sort(lines)
	}
	return all
}
