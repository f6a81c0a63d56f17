package store

import (
	"context"
	"errors"
	"time"
)

// AddPartitions makes ready what the journal is written to from now on.
func (db *DB) AddPartitions(ctx context.Context, now time.Time) error {
	return db.engine.addPartitions(ctx, now)
}

// JournalBefore tells whether the journal holds events from before a moment.
func (db *DB) JournalBefore(ctx context.Context, before time.Time) (bool, error) {
	var at int64
	err := db.Q(ctx).QueryRow(ctx, `SELECT at FROM journal WHERE at < $1 ORDER BY at LIMIT 1`, before).Scan(&at)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// AnchorsBetween are the anchors signed after one moment and up to another, in
// order.
func (db *DB) AnchorsBetween(ctx context.Context, after, through time.Time) ([]Anchor, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT anchor, signed, signed_at FROM journal_anchor WHERE signed_at > $1 AND signed_at <= $2 ORDER BY anchor`, after, through)
	if err != nil {
		return nil, err
	}
	return scanAnchors(rows)
}

// RetireJournal removes the events from before a moment, whole months at once
// where the engine can, else a thousand at a time so that no lock is held long,
// and the seals of lanes up to those given. Anchors stay.
func (db *DB) RetireJournal(ctx context.Context, before time.Time, sealed []Lane) error {
	if err := db.engine.dropPartitions(ctx, before); err != nil {
		return err
	}
	for n := int64(purgeRows); n >= purgeRows; {
		var err error
		if n, err = db.Q(ctx).Exec(ctx, `DELETE FROM journal WHERE (bucket, event_id, at) IN
			(SELECT bucket, event_id, at FROM journal WHERE at < $1 LIMIT 1000)`, before); err != nil {
			return err
		}
	}
	for _, l := range sealed {
		for n := int64(purgeRows); n >= purgeRows; {
			var err error
			if n, err = db.Q(ctx).Exec(ctx, `DELETE FROM journal_seal WHERE lane = $1 AND seal IN
				(SELECT seal FROM journal_seal WHERE lane = $1 AND seal <= $2 LIMIT 1000)`, l.ID, l.Seal); err != nil {
				return err
			}
		}
		// A lane that nothing came after has ended.
		if _, err := db.Q(ctx).Exec(ctx, `DELETE FROM journal_lane WHERE lane = $1 AND seal = $2`, l.ID, l.Seal); err != nil {
			return err
		}
	}
	return nil
}
