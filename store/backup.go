package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// accountKeys is the table that is backed up apart from all others: whoever erases
// an account destroys its key, and an old backup must not bring it back.
const accountKeys = "account_key"

// Manifest is what a backup says of itself.
type Manifest struct {
	ID     uuid.UUID `json:"id"`     // the same in both files
	Schema int64     `json:"schema"` // the number of the last migration
	Engine string    `json:"engine"`
	MadeAt time.Time `json:"made_at"`
	// JournalFrom is when the first event of the journal happened; zero is none.
	JournalFrom time.Time `json:"journal_from,omitzero"`
	// Rows are how many are in each table; told at the end.
	Rows map[string]int64 `json:"rows,omitempty"`
}

// Backup writes everything but the accounts' data keys to data, and those to keys,
// as they stand at one moment, while others read and write. What is sealed stays
// sealed: the key-encryption key is in neither.
func (db *DB) Backup(ctx context.Context, data, keys io.Writer) (Manifest, error) {
	m := Manifest{ID: uuid.New(), Engine: db.Engine(), MadeAt: db.now().UTC(), Rows: map[string]int64{}}
	var err error
	if m.Schema, err = db.SchemaVersion(ctx); err != nil {
		return m, err
	}
	err = db.snapshot(ctx, func(ctx context.Context, on executor) error {
		tables, err := db.engine.tables(ctx, on)
		if err != nil {
			return err
		}
		if err := db.Q(ctx).QueryRow(ctx, `SELECT COALESCE(MIN(at), 0) FROM journal`).Scan(&m.JournalFrom); err != nil {
			return err
		}
		var all, apart []table
		for _, t := range tables {
			if t.Name == accountKeys {
				apart = append(apart, t)
			} else {
				all = append(all, t)
			}
		}
		for _, part := range []struct {
			to     io.Writer
			kind   string
			tables []table
		}{{data, kindData, all}, {keys, kindKeys, apart}} {
			if err := writeBackup(ctx, on, part.to, part.kind, &m, part.tables); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return m, fmt.Errorf("store: backup: %w", err)
	}
	return m, nil
}

// snapshot runs fn in a transaction that reads, and reads of one moment.
func (db *DB) snapshot(ctx context.Context, fn func(ctx context.Context, on executor) error) error {
	on, err := db.engine.snapshot(ctx)
	if err != nil {
		return err
	}
	t := &openTx{on: on}
	err = fn(context.WithValue(ctx, txKey{db}, t), on)
	t.done = true
	return errors.Join(err, on.rollback(context.WithoutCancel(ctx))) // nothing was written
}

// writeBackup writes one file: a header, each table with its rows, and the end.
func writeBackup(ctx context.Context, on executor, to io.Writer, kind string, m *Manifest, tables []table) error {
	w, err := newBackupWriter(to, kind, *m)
	if err != nil {
		return err
	}
	rows := map[string]int64{}
	for _, t := range tables {
		n, err := writeTable(ctx, on, w, t)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		rows[t.Name], m.Rows[t.Name] = n, n
	}
	return w.end(rows)
}

func writeTable(ctx context.Context, on executor, w *backupWriter, t table) (n int64, err error) {
	if err := w.line(backupLine{Table: &t}); err != nil {
		return 0, err
	}
	// Names of tables and columns cannot be arguments; these are the catalogue's.
	rows, err := on.query(ctx, "SELECT "+t.columns()+" FROM "+quote(t.Name), nil)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	cells := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if cells[i], err = c.cell(); err != nil {
			return 0, err
		}
	}
	for rows.Next() {
		if err := rows.Scan(slices.Clone(cells)...); err != nil { // Scan changes the list
			return n, err
		}
		row := make([]any, len(cells))
		for i, cell := range cells {
			if row[i], err = plain(cell); err != nil {
				return n, fmt.Errorf("column %s: %w", t.Columns[i].Name, err)
			}
		}
		if err := w.line(backupLine{Row: row}); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// table is one of the schema, its columns in the order of their names, so that it
// reads the same from both engines.
type table struct {
	Name    string   `json:"name"`
	Columns []column `json:"columns"`
}

type column struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // as PostgreSQL names types
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// columns lists the names for a statement.
func (t table) columns() string {
	var names []string
	for _, c := range t.Columns {
		names = append(names, quote(c.Name))
	}
	return strings.Join(names, ", ")
}
