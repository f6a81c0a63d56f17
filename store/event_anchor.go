package store

import (
	"context"
	"errors"
	"time"
)

// Anchor is a signed statement of how far the lanes have come.
type Anchor struct {
	Number   int64 // from 1, without gaps
	Signed   string
	SignedAt time.Time
}

// LastAnchor is the newest anchor, the zero one when there is none yet.
func (db *DB) LastAnchor(ctx context.Context) (Anchor, error) {
	var a Anchor
	err := db.Q(ctx).QueryRow(ctx, `SELECT anchor, signed, signed_at FROM journal_anchor ORDER BY anchor DESC LIMIT 1`).
		Scan(&a.Number, &a.Signed, timeTarget{&a.SignedAt})
	if errors.Is(err, ErrNotFound) {
		return Anchor{}, nil
	}
	return a, err
}

// LanesAhead are lanes, up to limit, that have gone on since the last anchor that
// told of them.
func (db *DB) LanesAhead(ctx context.Context, limit int) ([]Lane, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT lane, seal, seq, hash FROM journal_lane WHERE seal > anchored ORDER BY lane LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	return scanLanes(rows)
}

func scanLanes(rows Rows) ([]Lane, error) {
	defer rows.Close()
	var all []Lane
	for rows.Next() {
		var l Lane
		if err := rows.Scan(&l.ID, &l.Seal, &l.Seq, &l.Hash); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// LaneHead is how far a lane says that it has come, the zero lane when there is
// none of this id.
func (db *DB) LaneHead(ctx context.Context, lane int64) (Lane, error) {
	var l Lane
	err := db.Q(ctx).QueryRow(ctx, `SELECT lane, seal, seq, hash FROM journal_lane WHERE lane = $1`, lane).Scan(&l.ID, &l.Seal, &l.Seq, &l.Hash)
	if errors.Is(err, ErrNotFound) {
		return Lane{}, nil
	}
	return l, err
}

// AddAnchor keeps the next anchor, which tells of these lanes. ErrConflict: another
// process was first.
func (db *DB) AddAnchor(ctx context.Context, a Anchor, lanes []Lane) error {
	var b Batch
	b.Exec(`INSERT INTO journal_anchor (anchor, signed, signed_at) VALUES ($1, $2, $3)`, a.Number, a.Signed, a.SignedAt)
	for _, l := range lanes {
		b.Exec(`UPDATE journal_lane SET anchored = $1 WHERE lane = $2 AND anchored < $3`, l.Seal, l.ID, l.Seal)
	}
	return db.Send(ctx, &b)
}
