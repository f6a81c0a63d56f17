package store

import (
	"context"
	"strings"

	"vhod/idp"
)

// Observer hears what happens in the database; what is nil is not told.
type Observer struct {
	// Kept hears of each event of the journal once it is committed, and of none
	// that is not.
	Kept func(idp.Event)
	// Trip hears that a round trip begins, and what it gives that it has ended.
	// statement is the text with its placeholders, without arguments; those of a
	// batch stand one after another.
	Trip func(ctx context.Context, statement string) (ended func(error))
}

// Observe has an observer told from now on. It is called before the DB is used by
// several goroutines.
func (db *DB) Observe(o Observer) { db.seen = o }

// begun tells that a round trip begins; what it gives tells that it has ended.
func (db *DB) begun(ctx context.Context, statement string) (ended func(error)) {
	if db.seen.Trip == nil {
		return unseen
	}
	return db.seen.Trip(ctx, statement)
}

func (db *DB) begunBatch(ctx context.Context, b *Batch) (ended func(error)) {
	if db.seen.Trip == nil {
		return unseen
	}
	all := make([]string, len(b.steps))
	for i, s := range b.steps {
		all[i] = s.sql
	}
	return db.seen.Trip(ctx, strings.Join(all, ";\n"))
}

func unseen(error) {}

// seenRows tell when they have been read: only then the round trip has ended.
type seenRows struct {
	Rows
	ended func(error)
}

func (r *seenRows) Close() {
	r.Rows.Close()
	if r.ended != nil {
		r.ended(r.Rows.Err())
		r.ended = nil
	}
}

// keptEvent is an event that a batch writes. Where the statement is conditional,
// rows is how many it wrote; else nil.
type keptEvent struct {
	event idp.Event
	rows  *int64
}

// event notes an event that the next statement writes, and gives rows back.
func (b *Batch) event(e idp.Event, rows *int64) *int64 {
	b.events = append(b.events, keptEvent{e, rows})
	return rows
}

// kept tells of the events of a batch that was kept: at once, or when the
// transaction around it commits.
func (db *DB) kept(t *openTx, b *Batch) {
	if db.seen.Kept == nil || len(b.events) == 0 {
		return
	}
	var events []idp.Event
	for _, k := range b.events {
		if k.rows == nil || *k.rows > 0 {
			events = append(events, k.event)
		}
	}
	if t != nil {
		t.events = append(t.events, events...)
		return
	}
	db.tell(events)
}

func (db *DB) tell(events []idp.Event) {
	for _, e := range events {
		db.seen.Kept(e)
	}
}
