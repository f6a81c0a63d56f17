package store

import "vhod/idp"

// Observer hears what happens in the database; what is nil is not told.
type Observer struct {
	// Kept hears of each event of the journal once it is committed, and of none
	// that is not.
	Kept func(idp.Event)
}

// Observe has an observer told from now on. It is called before the DB is used by
// several goroutines.
func (db *DB) Observe(o Observer) { db.seen = o }

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
