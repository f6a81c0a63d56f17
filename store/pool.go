package store

import (
	"sync/atomic"
	"time"
)

// Pool is how the connections of one kind stand: "all" of PostgreSQL, the
// "writer" and the "readers" of SQLite.
type Pool struct {
	Name        string
	InUse, Idle int
	Max         int
	// Waits is how often nobody was free at once, Waited how long was waited in
	// all; totals since Open.
	Waits  int64
	Waited time.Duration
}

// Pools tells of every kind of connection.
func (db *DB) Pools() []Pool { return db.engine.pools() }

func (e *postgres) pools() []Pool {
	s := e.pool.Stat()
	return []Pool{{
		Name: "all", InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()), Max: int(s.MaxConns()),
		Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime(),
	}}
}

func (e *sqlite) pools() []Pool {
	of := func(name string, free chan *sqliteConn, w *waits) Pool {
		idle := len(free)
		return Pool{Name: name, InUse: cap(free) - idle, Idle: idle, Max: cap(free), Waits: w.times.Load(), Waited: time.Duration(w.nanoseconds.Load())}
	}
	return []Pool{of("writer", e.writer, &e.writerWaits), of("readers", e.readers, &e.readerWaits)}
}

// waits counts those who found no connection free.
type waits struct{ times, nanoseconds atomic.Int64 }

// begin counts one, and what it gives ends the wait.
func (w *waits) begin(now func() time.Time) (end func()) {
	w.times.Add(1)
	begun := now()
	return func() { w.nanoseconds.Add(int64(now().Sub(begun))) }
}
