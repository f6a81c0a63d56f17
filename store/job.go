package store

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Job is something to do outside the database: a message to send.
type Job struct {
	ID   uuid.UUID // also the idempotency id told to neighbours
	Kind string    // names the handler
	// Destination is the neighbour that the job goes to; so many at a time go to
	// one, so that a slow neighbour holds up no other.
	Destination string
	Reference   uuid.UUID // what the job is for, by which its state is asked
	Payload     string    // sealed
	Attempts    int64     // this one counted
}

// The states of a job.
const (
	JobQueued = "queued"
	JobSent   = "sent"
	JobFailed = "failed" // a dead letter
	// JobDelayed is told of a queued job that has failed and is tried again.
	JobDelayed = "delayed"
)

// Enqueue keeps a job with what caused it.
func Enqueue(j Job, now time.Time) Write {
	return func(b *Batch) {
		b.Exec(`INSERT INTO job (job_id, kind, destination, reference, payload, state, attempts, run_at, last_error, created_at, finished_at)
			VALUES ($1, $2, $3, $4, $5, 'queued', 0, $6, '', $7, 0)`, j.ID, j.Kind, j.Destination, j.Reference, j.Payload, now, now)
	}
}

// DueDestinations tells for whom jobs are due.
func (db *DB) DueDestinations(ctx context.Context, now time.Time) ([]string, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT DISTINCT destination FROM job WHERE state = 'queued' AND run_at <= $1 ORDER BY destination`, now)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// LeaseJobs takes the jobs that are due for a destination, the longest due first
// and at most limit, for this process until a moment: each by one conditional
// update, so that no two processes hold one.
func (db *DB) LeaseJobs(ctx context.Context, destination string, now, until time.Time, limit int) ([]Job, error) {
	due, err := db.dueJobs(ctx, destination, now, limit)
	if err != nil {
		return nil, err
	}
	// In one order everywhere: processes that lease the same jobs at a time must
	// not wait for each other in a circle.
	slices.SortFunc(due, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	var leased []Job
	var b Batch
	for _, id := range due {
		b.QueryRow(`UPDATE job SET run_at = $1, attempts = attempts + 1
			WHERE job_id = $2 AND state = 'queued' AND run_at <= $3 RETURNING kind, reference, payload, attempts`,
			[]any{until, id, now}, func(row Row) error {
				j := Job{ID: id, Destination: destination}
				err := row.Scan(&j.Kind, &j.Reference, &j.Payload, &j.Attempts)
				if errors.Is(err, ErrNotFound) {
					return nil // another process has it
				}
				if err == nil {
					leased = append(leased, j)
				}
				return err
			})
	}
	if err := db.Send(ctx, &b); err != nil {
		return nil, err
	}
	return leased, nil
}

func (db *DB) dueJobs(ctx context.Context, destination string, now time.Time, limit int) ([]uuid.UUID, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT job_id FROM job WHERE state = 'queued' AND destination = $1 AND run_at <= $2 ORDER BY run_at LIMIT $3`, destination, now, limit)
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
	return due, rows.Err()
}

// FinishJob ends a leased job as sent or failed, with other writes; what has gone
// out keeps no payload. ErrStale: the lease had run out and another took the job;
// nothing is kept.
func (db *DB) FinishJob(ctx context.Context, j Job, state, lastError string, now time.Time, writes ...Write) error {
	var b Batch
	// The number of attempts is the lease: taking the job again raises it.
	b.Exec(`UPDATE job SET state = $1, last_error = $2, finished_at = $3, payload = CASE WHEN $4 THEN '' ELSE payload END
		WHERE job_id = $5 AND state = 'queued' AND attempts = $6`, state, lastError, now, state == JobSent, j.ID, j.Attempts)
	b.Require(`SELECT 1 FROM job WHERE job_id = $1 AND state = $2 AND attempts = $3`, j.ID, state, j.Attempts)
	b.Add(writes...)
	return db.Send(ctx, &b)
}

// RetryJob gives a leased job back until a moment. ErrStale as of FinishJob.
func (db *DB) RetryJob(ctx context.Context, j Job, lastError string, at time.Time) error {
	n, err := db.Q(ctx).Exec(ctx, `UPDATE job SET run_at = $1, last_error = $2 WHERE job_id = $3 AND state = 'queued' AND attempts = $4`,
		at, lastError, j.ID, j.Attempts)
	if err == nil && n == 0 {
		return ErrStale
	}
	return err
}

// JobState is the state of the newest job for something; ErrNotFound without one.
func (db *DB) JobState(ctx context.Context, reference uuid.UUID) (state string, err error) {
	err = db.Q(ctx).QueryRow(ctx, `SELECT CASE WHEN state = 'queued' AND last_error <> '' THEN 'delayed' ELSE state END FROM job WHERE reference = $1 ORDER BY created_at DESC LIMIT 1`, reference).Scan(&state)
	return state, err
}
