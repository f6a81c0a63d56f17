package store

import (
	"context"
	"time"
)

// Backlog is what waits to be done by a running server.
type Backlog struct {
	// Due is how many messages should have been sent by now, since OldestDue.
	Due       int64
	OldestDue time.Time
	// Dead is how many messages were given up.
	Dead int64
	// OldestEvent is the first event that is not sealed yet; zero when none waits.
	OldestEvent time.Time
	// Newest is the latest moment that a key or an anchor was written at.
	Newest time.Time
}

// Backlog tells what waits. One round trip.
func (db *DB) Backlog(ctx context.Context, now time.Time) (Backlog, error) {
	var b Backlog
	var batch Batch
	batch.QueryRow(`SELECT COUNT(*), COALESCE(MIN(run_at), 0) FROM job WHERE state = 'queued' AND run_at <= $1`, []any{now},
		func(row Row) error { return row.Scan(&b.Due, &b.OldestDue) })
	batch.QueryRow(`SELECT COUNT(*) FROM job WHERE state = 'failed'`, nil, func(row Row) error { return row.Scan(&b.Dead) })
	batch.QueryRow(`SELECT COALESCE(MIN(at), 0) FROM event`, nil, func(row Row) error { return row.Scan(&b.OldestEvent) })
	var key, anchor time.Time
	batch.QueryRow(`SELECT COALESCE(MAX(created_at), 0) FROM signing_key`, nil, func(row Row) error { return row.Scan(&key) })
	batch.QueryRow(`SELECT COALESCE(MAX(signed_at), 0) FROM journal_anchor`, nil, func(row Row) error { return row.Scan(&anchor) })
	if err := db.Send(ctx, &batch); err != nil {
		return Backlog{}, err
	}
	b.Newest = key
	if anchor.After(key) {
		b.Newest = anchor
	}
	return b, nil
}
