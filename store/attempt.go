package store

import (
	"errors"
	"time"
)

// Attempt is what reserving a try told.
type Attempt struct {
	// Allowed is false while tries are blocked.
	Allowed bool
	// Failures counts this try, as if it had failed already.
	Failures int64
	// BlockedUntil is when tries are let through again; zero when the next one is.
	BlockedUntil time.Time
}

// AttemptSubject is whom tries are counted for.
type AttemptSubject struct {
	Bucket int16
	ID     [16]byte
}

// How tries are blocked: the fifth failure for a minute, each further one longer.
const (
	block5 = time.Minute
	block6 = 5 * time.Minute
	block7 = 15 * time.Minute
	block8 = time.Hour
	block9 = 6 * time.Hour
	// attemptDecay of quiet makes failures forgotten.
	attemptDecay = 24 * time.Hour
)

// ReserveAttempt counts a try before it is made, in one statement, so that no
// number of tries at a time gets more than is allowed. Success takes it back with
// ClearAttempts.
func ReserveAttempt(s AttemptSubject, kind string, now time.Time, out *Attempt) Write {
	return func(b *Batch) {
		b.QueryRow(`INSERT INTO attempt (bucket, subject, kind, failures, updated_at, blocked_until) VALUES ($1, $2, $3, 1, $4, 0)
			ON CONFLICT (bucket, subject, kind) DO UPDATE SET
				failures = CASE WHEN attempt.updated_at < $5 THEN 1 ELSE attempt.failures + 1 END,
				updated_at = excluded.updated_at,
				blocked_until = CASE
					WHEN attempt.updated_at < $6 OR attempt.failures < 4 THEN 0
					WHEN attempt.failures = 4 THEN CAST($7 AS BIGINT)
					WHEN attempt.failures = 5 THEN CAST($8 AS BIGINT)
					WHEN attempt.failures = 6 THEN CAST($9 AS BIGINT)
					WHEN attempt.failures = 7 THEN CAST($10 AS BIGINT)
					ELSE CAST($11 AS BIGINT) END
			WHERE attempt.blocked_until <= $12
			RETURNING failures, blocked_until`,
			[]any{s.Bucket, s.ID[:], kind, now, now.Add(-attemptDecay), now.Add(-attemptDecay),
				now.Add(block5), now.Add(block6), now.Add(block7), now.Add(block8), now.Add(block9), now},
			func(row Row) error {
				err := row.Scan(&out.Failures, timeTarget{&out.BlockedUntil})
				if errors.Is(err, ErrNotFound) {
					return nil
				}
				out.Allowed = err == nil
				return err
			})
		b.QueryRow(`SELECT blocked_until FROM attempt WHERE bucket = $1 AND subject = $2 AND kind = $3`,
			[]any{s.Bucket, s.ID[:], kind}, func(row Row) error {
				return row.Scan(timeTarget{&out.BlockedUntil})
			})
	}
}

// ReturnAttempt gives back a reserved try that was not made, with the block that it
// alone had caused.
func ReturnAttempt(s AttemptSubject, kind string, a Attempt) Write {
	return func(b *Batch) {
		b.Exec(`UPDATE attempt SET failures = failures - 1, blocked_until = CASE WHEN blocked_until = $1 THEN 0 ELSE blocked_until END
			WHERE bucket = $2 AND subject = $3 AND kind = $4 AND failures > 0`, a.BlockedUntil, s.Bucket, s.ID[:], kind)
	}
}

// ClearAttempts forgets failures after a success.
func ClearAttempts(s AttemptSubject, kind string) Write {
	return func(b *Batch) {
		b.Exec(`DELETE FROM attempt WHERE bucket = $1 AND subject = $2 AND kind = $3`, s.Bucket, s.ID[:], kind)
	}
}
