package store

import (
	"context"
	"time"
)

// OutboxState is how many jobs for one destination are in one state.
type OutboxState struct {
	Destination string
	State       string // JobQueued or JobFailed
	Jobs        int64
	// Oldest is when the first of those queued was; of dead letters nothing is told.
	Oldest time.Time
}

// Outbox tells of the jobs that are queued and of the dead letters. One round trip.
func (db *DB) Outbox(ctx context.Context) ([]OutboxState, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT destination, state, COUNT(*), MIN(CASE WHEN state = 'queued' THEN created_at ELSE 0 END)
		FROM job WHERE state = 'queued' OR state = 'failed' GROUP BY destination, state ORDER BY destination, state`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []OutboxState
	for rows.Next() {
		var one OutboxState
		if err := rows.Scan(&one.Destination, &one.State, &one.Jobs, &one.Oldest); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
