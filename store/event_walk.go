package store

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"
)

// Anchors are those that follow one, in order, up to limit.
func (db *DB) Anchors(ctx context.Context, after int64, limit int) ([]Anchor, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT anchor, signed, signed_at FROM journal_anchor WHERE anchor > $1 ORDER BY anchor LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	return scanAnchors(rows)
}

func scanAnchors(rows Rows) ([]Anchor, error) {
	defer rows.Close()
	var all []Anchor
	for rows.Next() {
		var a Anchor
		if err := rows.Scan(&a.Number, &a.Signed, timeTarget{&a.SignedAt}); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// JournalLanes are the ids of all lanes that anything of the journal names, in
// order.
func (db *DB) JournalLanes(ctx context.Context) ([]int64, error) {
	var all []int64
	for _, next := range []func(after int64) Row{
		func(after int64) Row {
			return db.Q(ctx).QueryRow(ctx, `SELECT lane FROM journal_lane WHERE lane > $1 ORDER BY lane LIMIT 1`, after)
		},
		func(after int64) Row {
			return db.Q(ctx).QueryRow(ctx, `SELECT lane FROM journal_seal WHERE lane > $1 ORDER BY lane LIMIT 1`, after)
		},
		// From one lane to the next by the index: there are few, of many events each.
		func(after int64) Row {
			return db.Q(ctx).QueryRow(ctx, `SELECT lane FROM journal WHERE lane > $1 ORDER BY lane LIMIT 1`, after)
		},
	} {
		for lane := int64(math.MinInt64); ; {
			err := next(lane).Scan(&lane)
			if errors.Is(err, ErrNotFound) {
				break
			} else if err != nil {
				return nil, err
			}
			all = append(all, lane)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Seals are those of a lane that follow one, in order, up to limit.
func (db *DB) Seals(ctx context.Context, lane, after int64, limit int) ([]Seal, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT lane, seal, seq, previous, hash, entries, sealed_at FROM journal_seal
		WHERE lane = $1 AND seal > $2 ORDER BY seal LIMIT $3`, lane, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Seal
	for rows.Next() {
		var s Seal
		if err := rows.Scan(&s.Lane, &s.Number, &s.Seq, &s.Previous, &s.Hash, &s.Entries, timeTarget{&s.SealedAt}); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// SealedEvents are the events of a lane after one number and up to another, in
// order, at most limit.
func (db *DB) SealedEvents(ctx context.Context, lane, after, through int64, limit int) ([]JournalEvent, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT `+journalColumns+` FROM journal
		WHERE lane = $1 AND seq > $2 AND seq <= $3 ORDER BY seq, event_id LIMIT $4`, lane, after, through, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return scanJournal(rows)
}

// EventsPastSeals are events of a lane, up to limit, that follow its last seal:
// there is none unless somebody put it there.
func (db *DB) EventsPastSeals(ctx context.Context, lane int64, limit int) ([]JournalEvent, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT `+journalColumns+` FROM journal WHERE lane = $1 AND seq > COALESCE(
		(SELECT seq FROM journal_seal WHERE lane = $1 ORDER BY seal DESC LIMIT 1), 0) ORDER BY seq, event_id LIMIT $2`, lane, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return scanJournal(rows)
}

// WaitingEvents are events, up to limit, that are not sealed and happened before
// a moment.
func (db *DB) WaitingEvents(ctx context.Context, before time.Time, limit int) ([]JournalEvent, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT `+eventColumns+` FROM event WHERE at < $1 ORDER BY at, event_id LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return scanEvents(rows)
}
