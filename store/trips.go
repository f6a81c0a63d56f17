package store

import (
	"context"
	"sync/atomic"
)

type tripsKey struct{}

// CountTrips lets Trips tell how often the database was spoken to on behalf of
// the returned context: each statement, batch, BEGIN, COMMIT and ROLLBACK counts one,
// alike on both engines. What PostgreSQL needs once per connection to prepare
// a statement is not counted.
func CountTrips(ctx context.Context) context.Context {
	return context.WithValue(ctx, tripsKey{}, new(atomic.Int64))
}

// Trips is how many round trips were made under a context of CountTrips, zero
// under any other.
func Trips(ctx context.Context) int {
	n, _ := ctx.Value(tripsKey{}).(*atomic.Int64)
	if n == nil {
		return 0
	}
	return int(n.Load())
}

type counters struct{ trips, statements atomic.Int64 }

// Stats are totals since Open, for metrics.
type Stats struct {
	// Trips is the number of round trips, counted as by CountTrips.
	Trips int64
	// Statements is the number of statements, those of batches included.
	Statements int64
}

// Stats tells the totals.
func (db *DB) Stats() Stats {
	return Stats{Trips: db.stats.trips.Load(), Statements: db.stats.statements.Load()}
}

// trip counts one round trip of a number of statements.
func (db *DB) trip(ctx context.Context, statements int) {
	db.stats.trips.Add(1)
	db.stats.statements.Add(int64(statements))
	if n, _ := ctx.Value(tripsKey{}).(*atomic.Int64); n != nil {
		n.Add(1)
	}
}
