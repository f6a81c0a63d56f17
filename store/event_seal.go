package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// JournalEvent is a row of the audit journal as it is kept, so that it can be
// hashed: data is the text of the column, the time is in microseconds.
type JournalEvent struct {
	Bucket    int16
	ID        uuid.UUID
	AccountID int64
	At        int64
	Name      string
	ClientID  string
	Actor     string
	RequestID string
	Data      string
	// Lane and Seq are its place in the journal; zero before it is sealed.
	Lane, Seq int64
}

// Lane is how far a chain of seals has come.
type Lane struct {
	ID   int64
	Seal int64  // number of the last seal
	Seq  int64  // number of the last event
	Hash []byte // of the last seal
}

// Seal chains the events of a lane that follow those of the seal before it.
type Seal struct {
	Lane     int64
	Number   int64 // from 1 in its lane
	Seq      int64 // number of its last event
	Previous []byte
	Hash     []byte
	Entries  []byte
	SealedAt time.Time
}

// OpenLane keeps a new lane; ErrConflict when there is one of this id.
func (db *DB) OpenLane(ctx context.Context, l Lane, now time.Time) error {
	_, err := db.Q(ctx).Exec(ctx, `INSERT INTO journal_lane (lane, seal, seq, hash, anchored, opened_at) VALUES ($1, $2, $3, $4, 0, $5)`,
		l.ID, l.Seal, l.Seq, l.Hash, now)
	return err
}

// EventsWait tells whether any event is not sealed yet.
func (db *DB) EventsWait(ctx context.Context) (bool, error) {
	var one int
	err := db.Q(ctx).QueryRow(ctx, `SELECT 1 FROM event LIMIT 1`).Scan(&one)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SealEvents moves up to limit events that wait into the journal, at the end of a
// lane, and keeps the seal that fn makes of them, numbered and ordered as they
// are there. It is one transaction: an event leaves the queue with its seal or
// stays, whenever it was committed. Processes take turns. ErrStale: the lane has
// gone on without the caller.
func (db *DB) SealEvents(ctx context.Context, lane Lane, limit int, now time.Time, fn func([]JournalEvent) Seal) (next Lane, n int, err error) {
	err = db.Tx(ctx, func(ctx context.Context) error {
		var events []JournalEvent
		var move Batch
		move.Exec(`UPDATE journal_turn SET taken_at = $1 WHERE turn = 1`, now)
		move.Query(`INSERT INTO journal (`+journalColumns+`)
			SELECT `+eventColumns+`, CAST($1 AS BIGINT), CAST($2 AS BIGINT) + row_number() OVER (ORDER BY at, event_id)
			FROM (SELECT `+eventColumns+` FROM event ORDER BY bucket, event_id LIMIT $3) AS waiting
			RETURNING `+journalColumns,
			[]any{lane.ID, lane.Seq, limit}, func(rows Rows) (err error) {
				events, err = scanJournal(rows)
				return err
			})
		if err := db.Send(ctx, &move); err != nil || len(events) == 0 {
			return err
		}
		sortBySeq(events)
		s := fn(events)
		var gone, moved int64
		var keep Batch
		keep.ExecCount(&gone, `DELETE FROM event WHERE (bucket, event_id) IN
			(SELECT bucket, event_id FROM journal WHERE lane = $1 AND seq > $2)`, lane.ID, lane.Seq)
		keep.Exec(`INSERT INTO journal_seal (lane, seal, seq, previous, hash, entries, sealed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			s.Lane, s.Number, s.Seq, s.Previous, s.Hash, s.Entries, s.SealedAt)
		keep.ExecCount(&moved, `UPDATE journal_lane SET seal = $1, seq = $2, hash = $3 WHERE lane = $4 AND seal = $5 AND seq = $6 AND hash = $7`,
			s.Number, s.Seq, s.Hash, lane.ID, lane.Seal, lane.Seq, lane.Hash)
		if err := db.Send(ctx, &keep); err != nil {
			return err
		}
		if int(gone) != len(events) || moved != 1 {
			return ErrStale
		}
		next, n = Lane{ID: lane.ID, Seal: s.Number, Seq: s.Seq, Hash: s.Hash}, len(events)
		return nil
	})
	if err != nil {
		return lane, 0, err
	}
	if n == 0 {
		return lane, 0, nil
	}
	return next, n, nil
}
