package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Job is something to do outside the database: a message to send.
type Job struct {
	ID        uuid.UUID // also the idempotency id told to neighbours
	Kind      string
	Reference uuid.UUID // what the job is for, by which its state is asked
	Payload   string    // sealed
	Attempts  int64     // this one counted
}

// The states of a job.
const (
	JobQueued = "queued"
	JobSent   = "sent"
	JobFailed = "failed" // a dead letter
)

// Enqueue keeps a job with what caused it.
func Enqueue(j Job, now time.Time) Write {
	return func(b *Batch) {
		b.Exec(`INSERT INTO job (job_id, kind, reference, payload, state, attempts, run_at, last_error, created_at, finished_at)
			VALUES ($1, $2, $3, $4, 'queued', 0, $5, '', $6, 0)`, j.ID, j.Kind, j.Reference, j.Payload, now, now)
	}
}

// LeaseJobs takes the jobs that are due, at most limit, for this process until a
// moment: each by one conditional update, so that no two processes hold one.
func (db *DB) LeaseJobs(ctx context.Context, now, until time.Time, limit int) ([]Job, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT job_id FROM job WHERE state = 'queued' AND run_at <= $1 ORDER BY run_at LIMIT $2`, now, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var due []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		due = append(due, id)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var leased []Job
	for _, id := range due {
		j := Job{ID: id}
		err := db.Q(ctx).QueryRow(ctx, `UPDATE job SET run_at = $1, attempts = attempts + 1
			WHERE job_id = $2 AND state = 'queued' AND run_at <= $3 RETURNING kind, reference, payload, attempts`,
			until, id, now).Scan(&j.Kind, &j.Reference, &j.Payload, &j.Attempts)
		if errors.Is(err, ErrNotFound) {
			continue // another process has it
		}
		if err != nil {
			return leased, err
		}
		leased = append(leased, j)
	}
	return leased, nil
}

// FinishJob ends a job as sent or failed; what has gone out keeps no payload.
func (db *DB) FinishJob(ctx context.Context, id uuid.UUID, state, lastError string, now time.Time, writes ...Write) error {
	var b Batch
	b.Exec(`UPDATE job SET state = $1, last_error = $2, finished_at = $3, payload = CASE WHEN $4 THEN '' ELSE payload END
		WHERE job_id = $5 AND state = 'queued'`, state, lastError, now, state == JobSent, id)
	b.Add(writes...)
	return db.Send(ctx, &b)
}

// RetryJob gives a job back until a moment.
func (db *DB) RetryJob(ctx context.Context, id uuid.UUID, lastError string, at time.Time) error {
	_, err := db.Q(ctx).Exec(ctx, `UPDATE job SET run_at = $1, last_error = $2 WHERE job_id = $3 AND state = 'queued'`, at, lastError, id)
	return err
}

// JobState is the state of the newest job for something; ErrNotFound without one.
func (db *DB) JobState(ctx context.Context, reference uuid.UUID) (state string, err error) {
	err = db.Q(ctx).QueryRow(ctx, `SELECT state FROM job WHERE reference = $1 ORDER BY created_at DESC LIMIT 1`, reference).Scan(&state)
	return state, err
}
