package store

import (
	"context"
	"errors"
	"fmt"

	"vhod/idp"
)

// errAborted answers what is asked of a transaction after one of its statements
// failed; PostgreSQL demands it, SQLite is held to the same.
var errAborted = errors.New("store: the transaction failed earlier")

type txKey struct{ db *DB }

// openTx is a transaction carried by a context.
type openTx struct {
	on     transaction
	failed error
	done   bool
	events []idp.Event // kept once it commits
}

func (t *openTx) usable() error {
	switch {
	case t == nil:
		return nil
	case t.done:
		return errors.New("store: the transaction has ended")
	case t.failed != nil:
		return fmt.Errorf("%w: %w", errAborted, t.failed)
	}
	return nil
}

// note remembers a statement's failure and returns it.
func (t *openTx) note(err error) error {
	if t != nil && err != nil && t.failed == nil {
		t.failed = err
	}
	return err
}

func (db *DB) open(ctx context.Context) *openTx {
	t, _ := ctx.Value(txKey{db}).(*openTx)
	return t
}

// Tx runs fn in a transaction that its context carries: what fn does through
// db.Q(ctx) and db.Send(ctx) is kept together, or not at all when fn returns an
// error or panics, or when any statement failed, even if fn overlooked it. A
// call within another transaction joins it. The context must not be used by
// several goroutines at a time. READ COMMITTED on PostgreSQL: conditions belong
// into the statements.
func (db *DB) Tx(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	if outer := db.open(ctx); outer != nil {
		if err := outer.usable(); err != nil {
			return err
		}
		return outer.note(fn(ctx))
	}
	db.trip(ctx, 0)
	ended := db.begun(ctx, "BEGIN")
	on, err := db.engine.begin(ctx)
	ended(err)
	if err != nil {
		return err
	}
	t := &openTx{on: on}
	defer func() {
		if t.done {
			return
		}
		// fn failed or panicked: the end of the request must not keep the
		// connection from being cleaned.
		t.done = true
		db.trip(ctx, 0)
		ended := db.begun(ctx, "ROLLBACK")
		rollbackErr := on.rollback(context.WithoutCancel(ctx))
		ended(rollbackErr)
		if rollbackErr != nil && err != nil {
			err = fmt.Errorf("%w (and to roll back: %w)", err, rollbackErr)
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{db}, t)); err != nil {
		return err
	}
	if t.failed != nil {
		return fmt.Errorf("%w: %w", errAborted, t.failed)
	}
	t.done = true
	db.trip(ctx, 0)
	ended = db.begun(ctx, "COMMIT")
	err = on.commit(ctx)
	ended(err)
	if err != nil {
		return err
	}
	db.tell(t.events)
	return nil
}
