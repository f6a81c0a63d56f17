package store

import (
	"context"
	"errors"
	"fmt"
)

// send runs the steps in the open transaction.
func (t *sqliteTx) send(ctx context.Context, b *Batch) error {
	var reading error
	for i, s := range b.steps {
		if s.read == nil {
			n, err := t.exec(ctx, s.sql, s.args)
			if err != nil {
				return fmt.Errorf("statement %d of the batch: %w", i+1, err)
			}
			if s.count != nil {
				*s.count = n
			}
			continue
		}
		rows, err := t.query(ctx, s.sql, s.args)
		if err != nil {
			return fmt.Errorf("statement %d of the batch: %w", i+1, err)
		}
		readErr, err := s.consume(rows)
		if err != nil {
			return fmt.Errorf("statement %d of the batch: %w", i+1, err)
		}
		if reading == nil {
			reading = readErr
		}
	}
	return reading
}

// commit does not let the end of the request interrupt it half way, after which
// nobody could tell whether it happened.
func (t *sqliteTx) commit(ctx context.Context) error {
	err := sqliteError(ctx.Err())
	if err == nil {
		if _, err = t.c.exec(context.WithoutCancel(ctx), "COMMIT", nil); err == nil {
			t.release()
			return nil
		}
	}
	if rollbackErr := t.rollback(context.WithoutCancel(ctx)); rollbackErr != nil {
		return fmt.Errorf("%w (and to roll back: %w)", err, rollbackErr)
	}
	return err
}

func (t *sqliteTx) rollback(ctx context.Context) error {
	defer t.release()
	_, err := t.c.exec(ctx, "ROLLBACK", nil)
	if errors.Is(err, errNoTransaction) {
		return nil
	}
	return err
}

func (*sqliteTx) replan(context.Context) error { return nil }
