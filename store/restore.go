package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// restoreRows is how many rows go in one round trip.
const restoreRows = 200

// restoreMonths is for how many months back the journal gets partitions; what is older
// goes to the one of the rest.
const restoreMonths = 24

// seeded are the tables that migrations fill.
var seeded = []string{"journal_turn"}

// Restoring is how to restore.
type Restoring struct {
	Data, Keys io.Reader
	// EndSessions ends every session and every grant: what was signed out or
	// withdrawn since the backup does not live again.
	EndSessions bool
	// Check looks at what was restored, by the context it is given; its error
	// undoes all.
	Check func(ctx context.Context) error
}

// Restore fills an empty database of the same schema from a backup: all of it or
// nothing. The keys may be of a later backup: accounts erased since then stay so.
func (db *DB) Restore(ctx context.Context, how Restoring) (Manifest, error) {
	m, err := db.restore(ctx, how)
	if err != nil {
		return m, fmt.Errorf("store: restore: %w", err)
	}
	return m, nil
}

func (db *DB) restore(ctx context.Context, how Restoring) (Manifest, error) {
	data, err := newBackupReader(how.Data, kindData)
	if err != nil {
		return Manifest{}, err
	}
	m := data.header.Manifest
	keys, err := newBackupReader(how.Keys, kindKeys)
	if err != nil {
		return m, fmt.Errorf("account keys: %w", err)
	}
	if keys.header.ID != m.ID && keys.header.MadeAt.Before(m.MadeAt) {
		return m, errors.New("account keys: they are of an earlier backup than the data")
	}
	schema, err := db.SchemaVersion(ctx)
	switch {
	case err != nil:
		return m, err
	case m.Schema != schema || keys.header.Schema != schema:
		return m, fmt.Errorf("the backup is of schema %d, its keys of %d, the database of %d: restore with the version that made it, then migrate", m.Schema, keys.header.Schema, schema)
	}
	if err := db.addMonths(ctx, m.JournalFrom); err != nil {
		return m, err
	}
	m.Rows = map[string]int64{}
	err = db.Tx(ctx, func(ctx context.Context) error {
		tables, err := db.emptied(ctx)
		if err != nil {
			return err
		}
		for _, r := range []*backupReader{data, keys} {
			if err := db.restoreFile(ctx, r, tables, m.Rows); err != nil {
				return fmt.Errorf("%s: %w", r.header.Kind, err)
			}
		}
		if len(tables) > 0 {
			return fmt.Errorf("the backup lacks %s", strings.Join(slices.Sorted(maps.Keys(tables)), ", "))
		}
		return db.settle(ctx, how, m.Rows)
	})
	return m, err
}

// addMonths makes the partitions of the journal's months.
func (db *DB) addMonths(ctx context.Context, from time.Time) error {
	if from.IsZero() {
		return nil
	}
	if first := db.now().AddDate(0, -restoreMonths, 0); from.Before(first) {
		from = first
	}
	for now := db.now(); !month(from).After(now); from = month(from).AddDate(0, 1, 0) {
		if err := db.AddPartitions(ctx, from); err != nil {
			return err
		}
	}
	return nil
}

// emptied are the tables to fill, by name; it refuses a database that holds anything.
func (db *DB) emptied(ctx context.Context) (map[string]table, error) {
	on := db.open(ctx).on
	tables, err := db.engine.tables(ctx, on)
	if err != nil {
		return nil, err
	}
	all := map[string]table{}
	for _, t := range tables {
		all[t.Name] = t
		if slices.Contains(seeded, t.Name) {
			if _, err := on.exec(ctx, "DELETE FROM "+quote(t.Name), nil); err != nil {
				return nil, err
			}
			continue
		}
		n, err := rowsOf(ctx, on, t.Name)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, fmt.Errorf("the database is not empty: %s has %d rows", t.Name, n)
		}
	}
	return all, nil
}

func rowsOf(ctx context.Context, on executor, name string) (n int64, err error) {
	rows, err := on.query(ctx, "SELECT COUNT(*) FROM "+quote(name), nil)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	return n, scanFirst(rows, []any{&n})
}

// restoreFile fills the tables of one file, takes them off the list, and compares
// with what the end of the file tells.
func (db *DB) restoreFile(ctx context.Context, r *backupReader, tables map[string]table, done map[string]int64) error {
	var t table
	var insert string
	var b Batch
	rows := map[string]int64{}
	for {
		l, err := r.line()
		if err != nil {
			return err
		}
		if l.Row == nil || len(b.steps) >= restoreRows {
			if err := db.Send(ctx, &b); err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			b = Batch{}
		}
		switch {
		case l.End != nil:
			if !maps.Equal(rows, l.End.Rows) {
				return errors.New("it is damaged: rows are missing")
			}
			maps.Copy(done, rows)
			return nil
		case l.Table != nil:
			t = tables[l.Table.Name]
			delete(tables, l.Table.Name)
			if l.Table.Name == "" || l.Table.Name != t.Name || !slices.Equal(l.Table.Columns, t.Columns) || (t.Name == accountKeys) != (r.header.Kind == kindKeys) {
				return fmt.Errorf("the database has no such table %q", l.Table.Name)
			}
			rows[t.Name] = 0
			insert = t.insert()
		case l.Row != nil && len(l.Row) == len(t.Columns):
			args := make([]any, len(l.Row))
			for i, c := range t.Columns {
				if args[i], err = c.value(l.Row[i]); err != nil {
					return fmt.Errorf("table %s: %w", t.Name, err)
				}
			}
			b.Exec(insert, args...)
			rows[t.Name]++
		default:
			return errors.New("it is damaged: a line says nothing")
		}
	}
}

func (t table) insert() string {
	var places []string
	for i := range t.Columns {
		places = append(places, fmt.Sprintf("$%d", i+1))
	}
	return "INSERT INTO " + quote(t.Name) + " (" + t.columns() + ") VALUES (" + strings.Join(places, ", ") + ")"
}

// settle sees to what is not as the files have it, and lets the caller look.
func (db *DB) settle(ctx context.Context, how Restoring, rows map[string]int64) error {
	on := db.open(ctx).on
	for name, want := range rows {
		if n, err := rowsOf(ctx, on, name); err != nil {
			return err
		} else if n != want {
			return fmt.Errorf("table %s has %d rows after all, not %d", name, n, want)
		}
	}
	// Of accounts that came after the data.
	n, err := db.Q(ctx).Exec(ctx, `DELETE FROM account_key WHERE NOT EXISTS (SELECT 1 FROM account
		WHERE account.bucket = account_key.bucket AND account.account_id = account_key.account_id)`)
	if err != nil {
		return err
	}
	rows[accountKeys] -= n
	if how.EndSessions {
		now := db.now()
		for _, statement := range []string{
			`UPDATE session SET ended_at = $1 WHERE ended_at = 0`, `UPDATE token_grant SET revoked_at = $1 WHERE revoked_at = 0`,
		} {
			if _, err := on.exec(ctx, statement, []any{micros(now)}); err != nil {
				return err
			}
		}
	}
	if how.Check == nil {
		return nil
	}
	return how.Check(ctx)
}
