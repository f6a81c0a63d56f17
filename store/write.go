package store

import (
	"context"
	"encoding/json"
	"fmt"

	"vhod/idp"
)

// Write is something to be kept together with something else: an audit event, a
// message, a counter set back. It adds its statements to a batch.
type Write func(*Batch)

// Write keeps several things in one round trip, all or none.
func (db *DB) Write(ctx context.Context, writes ...Write) error {
	var b Batch
	b.Add(writes...)
	return db.Send(ctx, &b)
}

// Add adds what each write keeps.
func (b *Batch) Add(writes ...Write) {
	for _, w := range writes {
		if w != nil {
			w(b)
		}
	}
}

// Event keeps a line of the audit journal. Its id is time-ordered; the bucket is
// that of the account, or zero's when none is concerned.
func Event(e idp.Event) (Write, error) {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return nil, fmt.Errorf("store: event: %w", err)
	}
	if e.Data == nil {
		data = []byte("{}")
	}
	return func(b *Batch) {
		b.event(e, nil)
		b.Exec(`INSERT INTO event (bucket, event_id, account_id, at, name, client_id, actor, request_id, data)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			int16(e.OID.Bucket()), e.ID, int64(e.OID), e.At, string(e.Name), e.ClientID, e.Actor, e.RequestID, string(data))
	}, nil
}
