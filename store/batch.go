package store

import (
	"context"
	"errors"
)

// Batch is statements that go to the database in one round trip and are kept
// together or not at all.
//
// # Conditions
//
// PostgreSQL has run, and kept, every statement by the time the first result is
// read; no Go code can stop a batch half way. So that a later statement happens
// only if an earlier one found its row, write one of these:
//
//  1. Require: after the conditional statement, a SELECT for the state that only
//     this attempt can have left (a fresh id, hash or token; not merely a status
//     or a counter, which a rival may have set to the same). No row fails the
//     whole batch with ErrStale.
//  2. INSERT without ON CONFLICT: the unique key fails the whole batch with
//     ErrConflict, the second time a single-use id is spent.
//  3. INSERT … SELECT … WHERE EXISTS (the state left by the first statement):
//     the later statements do nothing, and the count of the first tells.
type Batch struct {
	steps  []step
	events []keptEvent
}

type step struct {
	sql   string
	args  []any
	read  func(Rows) error // nil when rows do not matter
	count *int64           // nil when the number does not matter
}

// Exec adds a statement whose result does not matter.
func (b *Batch) Exec(sql string, args ...any) {
	b.steps = append(b.steps, step{sql: sql, args: arguments(args)})
}

// ExecCount adds a statement and stores how many rows it affected.
func (b *Batch) ExecCount(affected *int64, sql string, args ...any) {
	b.steps = append(b.steps, step{sql: sql, args: arguments(args), count: affected})
}

// Query adds a statement whose rows fn reads; fn need not close them. An error
// of fn is returned by Send and undoes nothing; what fn read counts only when
// Send returns nil.
func (b *Batch) Query(sql string, args []any, fn func(Rows) error) {
	b.steps = append(b.steps, step{sql: sql, args: arguments(args), read: fn})
}

// QueryRow adds a statement whose first row fn reads by one Scan, which says
// ErrNotFound without a row; fn may swallow that. Otherwise as Query.
func (b *Batch) QueryRow(sql string, args []any, fn func(Row) error) {
	b.Query(sql, args, func(rows Rows) error { return fn(&batchRow{rows}) })
}

// Require adds a condition: a SELECT that must find a row at this place of the
// batch, else nothing of the batch is kept and Send returns ErrStale.
func (b *Batch) Require(sql string, args ...any) {
	b.Exec(requireSQL(sql), args...)
}

// requireSQL makes the absence of a row violate the check of the table guard,
// which stays empty for ever.
func requireSQL(sql string) string {
	return "INSERT INTO guard (holds) SELECT FALSE WHERE NOT EXISTS (" + sql + ")"
}

// Len is the number of statements.
func (b *Batch) Len() int { return len(b.steps) }

// Send runs the batch in one round trip, within the open transaction of ctx or
// as a transaction of its own. ErrStale, ErrConflict and every other error of a
// statement leave nothing behind; an error of a reading function alone is
// returned after everything was kept.
func (db *DB) Send(ctx context.Context, b *Batch) error {
	if b.Len() == 0 {
		return nil
	}
	t := db.open(ctx)
	if err := t.usable(); err != nil {
		return err
	}
	db.trip(ctx, b.Len())
	ended := db.begunBatch(ctx, b)
	var err error
	if t != nil {
		err = t.on.send(ctx, b)
	} else {
		err = db.engine.send(ctx, b)
	}
	ended(err)
	var reading *readError
	if errors.As(err, &reading) {
		db.kept(t, b)
		return reading.cause
	}
	if err == nil {
		db.kept(t, b)
	}
	return t.note(err)
}

// readError is the error of a reading function, as opposed to a statement's.
type readError struct{ cause error }

func (e *readError) Error() string { return e.cause.Error() }
func (e *readError) Unwrap() error { return e.cause }

// consume reads a step's rows. The first error is the reader's, as a readError;
// the second the statement's.
func (s *step) consume(rows Rows) (reading, statement error) {
	defer rows.Close()
	if err := s.read(rows); err != nil {
		reading = &readError{err}
	}
	for rows.Next() {
		continue
	}
	return reading, rows.Err()
}

type batchRow struct{ rows Rows }

func (r *batchRow) Scan(dest ...any) error { return scanFirst(r.rows, dest) }
