package store

import (
	"context"
	"errors"
	"time"
)

// Budget is how much of something may happen within a window.
type Budget struct {
	Kind    string
	Subject []byte
	Window  time.Duration
	Limit   int64
}

// Spend takes one from each budget, in one round trip, or from none when one is
// used up: then waits tells of each budget how long until its window ends, zero
// of those that would have given. nil waits mean that all gave. Callers name
// their budgets in one order, so that they do not wait for each other in a circle.
func (db *DB) Spend(ctx context.Context, now time.Time, budgets ...Budget) (waits []time.Duration, err error) {
	var b Batch
	for _, one := range budgets {
		b.Require(`SELECT 1 WHERE NOT EXISTS (
			SELECT 1 FROM budget WHERE subject = $1 AND kind = $2 AND window_start > $3 AND used >= $4)`,
			one.Subject, one.Kind, now.Add(-one.Window), one.Limit)
	}
	// Between the conditions and the spending another may take the last one; the
	// spending itself is conditional too, so that no budget is ever overdrawn.
	all := true
	for _, one := range budgets {
		before := now.Add(-one.Window)
		b.QueryRow(`INSERT INTO budget (subject, kind, window_start, used) VALUES ($1, $2, $3, 1)
			ON CONFLICT (subject, kind) DO UPDATE SET
				window_start = CASE WHEN budget.window_start <= $4 THEN excluded.window_start ELSE budget.window_start END,
				used = CASE WHEN budget.window_start <= $5 THEN 1 ELSE budget.used + 1 END
			WHERE budget.window_start <= $6 OR budget.used < $7
			RETURNING used`,
			[]any{one.Subject, one.Kind, now, before, before, before, one.Limit}, func(row Row) error {
				var used int64
				err := row.Scan(&used)
				if errors.Is(err, ErrNotFound) {
					all = false
					return nil
				}
				return err
			})
	}
	err = db.Send(ctx, &b)
	if err != nil && !errors.Is(err, ErrStale) {
		return nil, err
	}
	if err == nil && all {
		return nil, nil
	}
	return db.budgetWaits(ctx, now, budgets)
}

// budgetWaits is how long each budget gives nothing.
func (db *DB) budgetWaits(ctx context.Context, now time.Time, budgets []Budget) ([]time.Duration, error) {
	waits := make([]time.Duration, len(budgets))
	refused := false
	var b Batch
	for n, one := range budgets {
		b.QueryRow(`SELECT window_start FROM budget WHERE subject = $1 AND kind = $2 AND used >= $3`,
			[]any{one.Subject, one.Kind, one.Limit}, func(row Row) error {
				var start time.Time
				err := row.Scan(timeTarget{&start})
				if errors.Is(err, ErrNotFound) {
					return nil
				}
				waits[n] = max(0, start.Add(one.Window).Sub(now))
				refused = refused || waits[n] > 0
				return err
			})
	}
	if err := db.Send(ctx, &b); err != nil {
		return nil, err
	}
	if !refused {
		// The window that refused has just ended: the next try is let through.
		waits[0] = time.Second
	}
	return waits, nil
}
