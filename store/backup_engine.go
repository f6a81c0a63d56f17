package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"vhod/migrations"
)

// migrationsTable is the migrations' own.
const migrationsTable = "goose_db_version"

// SchemaVersion is the number of the last migration that was applied.
func (db *DB) SchemaVersion(ctx context.Context) (version int64, err error) {
	err = db.withProvider(migrations.FS, func(p *goose.Provider) error {
		version, err = p.GetDBVersion(ctx)
		return err
	})
	return version, err
}

func (e *postgres) snapshot(ctx context.Context) (transaction, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		conn.Release()
		return nil, postgresError(err)
	}
	return &postgresTx{tx: tx, conn: conn}, nil
}

// snapshot is a reader's: in WAL mode it sees the moment of its first read.
func (e *sqlite) snapshot(ctx context.Context) (transaction, error) {
	tx, err := e.start(ctx, false)
	if err != nil {
		return nil, err
	}
	return tx, nil
}

func (*postgres) tables(ctx context.Context, on executor) ([]table, error) {
	return readTables(ctx, on, `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND a.attnum > 0 AND NOT a.attisdropped`)
}

func (*sqlite) tables(ctx context.Context, on executor) ([]table, error) {
	return readTables(ctx, on, `SELECT m.name, p.name, lower(p.type) FROM sqlite_master AS m, pragma_table_info(m.name) AS p
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
}

func readTables(ctx context.Context, on executor, statement string) ([]table, error) {
	rows, err := on.query(ctx, statement, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns := map[string][]column{}
	for rows.Next() {
		var name string
		var c column
		if err := rows.Scan(&name, &c.Name, &c.Kind); err != nil {
			return nil, err
		}
		if _, err := c.cell(); err != nil {
			if name == migrationsTable {
				continue
			}
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		columns[name] = append(columns[name], c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	delete(columns, migrationsTable)
	var all []table
	for name, c := range columns {
		slices.SortFunc(c, func(a, b column) int { return cmp.Compare(a.Name, b.Name) })
		all = append(all, table{Name: name, Columns: c})
	}
	slices.SortFunc(all, func(a, b table) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}
