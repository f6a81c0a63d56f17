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

// Spend takes one from each budget, in one round trip. When one is used up, wait
// is how long until its window ends; the others are spent all the same.
func (db *DB) Spend(ctx context.Context, now time.Time, budgets ...Budget) (wait time.Duration, err error) {
	var b Batch
	for _, one := range budgets {
		before := now.Add(-one.Window)
		spent := false
		b.QueryRow(`INSERT INTO budget (subject, kind, window_start, used) VALUES ($1, $2, $3, 1)
			ON CONFLICT (subject, kind) DO UPDATE SET
				window_start = CASE WHEN budget.window_start <= $4 THEN excluded.window_start ELSE budget.window_start END,
				used = CASE WHEN budget.window_start <= $5 THEN 1 ELSE budget.used + 1 END
			WHERE budget.window_start <= $6 OR budget.used < $7
			RETURNING used`,
			[]any{one.Subject, one.Kind, now, before, before, before, one.Limit}, func(row Row) error {
				var used int64
				err := row.Scan(&used)
				spent = err == nil
				if errors.Is(err, ErrNotFound) {
					return nil
				}
				return err
			})
		b.QueryRow(`SELECT window_start FROM budget WHERE subject = $1 AND kind = $2`, []any{one.Subject, one.Kind}, func(row Row) error {
			var start time.Time
			if err := row.Scan(timeTarget{&start}); err != nil || spent {
				return err
			}
			wait = max(wait, start.Add(one.Window).Sub(now))
			return nil
		})
	}
	return wait, db.Send(ctx, &b)
}
