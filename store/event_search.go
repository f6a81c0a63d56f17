package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vhod/idp"
)

// EventFilter says which events are looked for; what is empty matches all.
type EventFilter struct {
	OID      idp.OID
	Name     idp.EventName
	ClientID string
	From, To time.Time // To is not in it
	Limit    int
}

// Events finds events, the newest first, sealed or not.
func (db *DB) Events(ctx context.Context, f EventFilter) ([]JournalEvent, error) {
	to := f.To
	if to.IsZero() {
		to = time.UnixMicro(1<<62 - 1)
	}
	var all []JournalEvent
	read := func(rows Rows) error {
		for rows.Next() {
			var e JournalEvent
			if err := e.scan(rows, &e.Lane, &e.Seq); err != nil {
				return err
			}
			all = append(all, e)
		}
		return rows.Err()
	}
	// Those that wait are read first, together with the others: one that is sealed
	// meanwhile is found at least once.
	var b Batch
	b.Query(`SELECT `+eventColumns+`, 0, 0 FROM event WHERE at >= $1 AND at < $2 AND (account_id = $3 OR $3 = 0)
		AND ($4 = '' OR name = $4) AND ($5 = '' OR client_id = $5) ORDER BY at DESC, event_id DESC LIMIT $6`,
		[]any{f.From, to, int64(f.OID), string(f.Name), f.ClientID, f.Limit}, read)
	if f.OID != 0 {
		b.Query(`SELECT `+journalColumns+` FROM journal WHERE bucket = $1 AND account_id = $2 AND at >= $3 AND at < $4
			AND ($5 = '' OR name = $5) AND ($6 = '' OR client_id = $6) ORDER BY at DESC, event_id DESC LIMIT $7`,
			[]any{int16(f.OID.Bucket()), int64(f.OID), f.From, to, string(f.Name), f.ClientID, f.Limit}, read)
	} else {
		b.Query(`SELECT `+journalColumns+` FROM journal WHERE at >= $1 AND at < $2
			AND ($3 = '' OR name = $3) AND ($4 = '' OR client_id = $4) ORDER BY at DESC, event_id DESC LIMIT $5`,
			[]any{f.From, to, string(f.Name), f.ClientID, f.Limit}, read)
	}
	if err := db.Send(ctx, &b); err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b JournalEvent) int {
		return cmp.Or(cmp.Compare(b.At, a.At), slices.Compare(b.ID[:], a.ID[:]), cmp.Compare(b.Lane, a.Lane))
	})
	all = slices.CompactFunc(all, func(a, b JournalEvent) bool { return a.ID == b.ID && a.Bucket == b.Bucket })
	return all[:min(len(all), f.Limit)], nil
}
