package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
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

// EventsWait tells whether any event is not sealed yet.
func (db *DB) EventsWait(ctx context.Context) (bool, error) {
	var one int
	err := db.Q(ctx).QueryRow(ctx, `SELECT 1 FROM event LIMIT 1`).Scan(&one)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Waiting says which of the events that wait are meant: up to Limit of the buckets
// from First and before End.
type Waiting struct {
	First, End idp.Bucket
	Limit      int
}

// SealEvents moves events that wait into the journal, at the end of a lane, which
// the first seal opens, and keeps the seal that fn makes of them, numbered and
// ordered as they are there. It is one transaction: an event leaves the queue with
// its seal or stays, whenever it was committed. Processes take turns. ErrStale: the
// lane has gone on without the caller.
//
// Buckets bound what is looked at, however long the queue is: what the database
// believes of a queue, which is mostly empty, is not to be relied on.
func (db *DB) SealEvents(ctx context.Context, lane Lane, w Waiting, now time.Time, fn func([]JournalEvent) Seal) (next Lane, n int, err error) {
	err = db.Tx(ctx, func(ctx context.Context) error {
		if err := db.open(ctx).on.replan(ctx); err != nil {
			return err
		}
		var events []JournalEvent
		var move Batch
		move.Exec(`UPDATE journal_turn SET taken_at = $1 WHERE turn = 1`, now)
		move.Query(`INSERT INTO journal (`+journalColumns+`)
			SELECT `+eventColumns+`, CAST($1 AS BIGINT), CAST($2 AS BIGINT) + row_number() OVER (ORDER BY at, event_id)
			FROM (SELECT `+eventColumns+` FROM event WHERE bucket >= $3 AND bucket < $4 LIMIT $5) AS waiting
			RETURNING `+journalColumns,
			[]any{lane.ID, lane.Seq, int16(w.First), int16(w.End), w.Limit}, func(rows Rows) (err error) {
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
		keep.ExecCount(&gone, `DELETE FROM event WHERE bucket >= $1 AND bucket < $2 AND EXISTS
			(SELECT 1 FROM journal AS j WHERE j.bucket = event.bucket AND j.event_id = event.event_id AND j.at = event.at)`,
			int16(w.First), int16(w.End))
		keep.Exec(`INSERT INTO journal_seal (lane, seal, seq, previous, hash, entries, sealed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			s.Lane, s.Number, s.Seq, s.Previous, s.Hash, s.Entries, s.SealedAt)
		if lane.Seal == 0 {
			keep.ExecCount(&moved, `INSERT INTO journal_lane (lane, seal, seq, hash, anchored, opened_at) VALUES ($1, $2, $3, $4, 0, $5)`,
				lane.ID, s.Number, s.Seq, s.Hash, now)
		} else {
			keep.ExecCount(&moved, `UPDATE journal_lane SET seal = $1, seq = $2, hash = $3 WHERE lane = $4 AND seal = $5 AND seq = $6 AND hash = $7`,
				s.Number, s.Seq, s.Hash, lane.ID, lane.Seal, lane.Seq, lane.Hash)
		}
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
