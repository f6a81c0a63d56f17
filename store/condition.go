package store

import (
	"context"
	"time"
)

// Condition is how the database itself stands, for who looks after it.
type Condition struct {
	// Version is the engine's own, as it writes it.
	Version string
	// Number is the version of PostgreSQL as one number, 150004; zero for SQLite.
	Number int
	// Settings are those that decide whether what was committed survives.
	Settings map[string]string
	// Clock is the time of PostgreSQL's machine; zero for SQLite, which has ours.
	Clock time.Time
	// Path is the file of SQLite; empty for PostgreSQL.
	Path string
}

// Condition asks the database how it stands.
func (db *DB) Condition(ctx context.Context) (Condition, error) { return db.engine.condition(ctx) }

func (e *postgres) condition(ctx context.Context) (Condition, error) {
	rows, err := e.query(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int,
		current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
		current_setting('transaction_read_only'), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`, nil)
	if err != nil {
		return Condition{}, err
	}
	defer rows.Close()
	var c Condition
	var fsync, pages, commit, readOnly string
	if err := scanFirst(rows, []any{&c.Version, &c.Number, &fsync, &pages, &commit, &readOnly, &c.Clock}); err != nil {
		return Condition{}, err
	}
	c.Settings = map[string]string{"fsync": fsync, "full_page_writes": pages, "synchronous_commit": commit, "read_only": readOnly}
	return c, nil
}

func (e *sqlite) condition(ctx context.Context) (Condition, error) {
	c := Condition{Path: e.path, Settings: map[string]string{}}
	for name, statement := range map[string]string{
		"version": `SELECT sqlite_version()`, "journal_mode": `PRAGMA journal_mode`, "synchronous": `PRAGMA synchronous`,
	} {
		rows, err := e.query(ctx, statement, nil)
		if err != nil {
			return Condition{}, err
		}
		var value string
		err = scanFirst(rows, []any{&value})
		rows.Close()
		if err != nil {
			return Condition{}, err
		}
		c.Settings[name] = value
	}
	c.Version = c.Settings["version"]
	delete(c.Settings, "version")
	return c, nil
}
