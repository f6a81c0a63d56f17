package store

import (
	"context"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"vhod/migrations"
)

// SchemaCurrent tells whether the database has every migration of this program;
// it may have more, of a newer one. One round trip.
func (db *DB) SchemaCurrent(ctx context.Context) (bool, error) {
	var version int64
	err := db.Q(ctx).QueryRow(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&version)
	return version >= newestMigration(), err
}

// newestMigration is the number of the newest file.
var newestMigration = sync.OnceValue(func() int64 {
	names, _ := fs.Glob(migrations.FS, "*.sql") // the pattern is well-formed
	var newest int64
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
})

// Clock is what the database's machine thinks the time is; ok is false of an
// engine that has no machine of its own. One round trip.
func (db *DB) Clock(ctx context.Context) (at time.Time, ok bool, err error) {
	return db.engine.clock(ctx)
}

// OutboxDue is since when the job is due that has been for the longest; zero when
// none is. One round trip.
func (db *DB) OutboxDue(ctx context.Context, now time.Time) (since time.Time, err error) {
	err = db.Q(ctx).QueryRow(ctx, `SELECT COALESCE(MIN(run_at), 0) FROM job WHERE state = 'queued' AND run_at <= $1`, now).Scan(&since)
	return since, err
}
