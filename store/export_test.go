package store

import (
	"context"
	"io/fs"

	"vhod/keys"
)

// KEK is the key-encryption key in use.
func (db *DB) KEK() keys.KEK { return db.kek }

// Prepare has the engine compile a statement without running it.
func (db *DB) Prepare(ctx context.Context, text string) error {
	switch e := db.engine.(type) {
	case *postgres:
		conn, err := e.acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		_, err = conn.Conn().Prepare(ctx, "", text)
		return err
	case *sqlite:
		c, release, err := e.acquire(ctx, true)
		if err != nil {
			return err
		}
		defer release()
		_, err = c.prepare(ctx, e.translate(text).text)
		return err
	}
	panic("an engine without Prepare")
}

// MigrateFrom applies the migrations of another folder, such as those of an earlier
// version.
func (db *DB) MigrateFrom(ctx context.Context, files fs.FS) error { return db.up(ctx, files) }

// FillEmptyTables puts a row of nothing in particular into each table without one.
func (db *DB) FillEmptyTables(ctx context.Context) error {
	tables, err := db.engine.tables(ctx, db.engine)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if n, err := rowsOf(ctx, db.engine, t.Name); err != nil || n > 0 || t.Name == "guard" {
			if err != nil {
				return err
			}
			continue
		}
		row := make([]any, len(t.Columns))
		for i, c := range t.Columns {
			row[i] = map[string]any{"text": "Ё", "bigint": int64(1), "smallint": int64(1), "boolean": true, "bytea": []byte{0, 255}, "uuid": [16]byte{1}}[c.Kind]
		}
		if _, err := db.engine.exec(ctx, t.insert(), row); err != nil {
			return err
		}
	}
	return nil
}
