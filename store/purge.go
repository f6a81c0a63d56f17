package store

import (
	"context"
	"fmt"
	"time"
)

// How long rows are kept past their use.
const (
	keepSessions = 30 * 24 * time.Hour
	keepAttempts = 48 * time.Hour
	keepJobs     = 30 * 24 * time.Hour
)

// purgeRows is how many rows a statement of Purge removes at most.
const purgeRows = 1000

// Purge removes what has served its term, a thousand rows at a time so that no
// lock is held long, until nothing of it is left. The journal has its own way:
// see RetireJournal.
func (db *DB) Purge(ctx context.Context, now time.Time) error {
	q := db.Q(ctx)
	for _, next := range []func() (int64, error){
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM spent_flow WHERE (bucket, flow_id) IN (SELECT bucket, flow_id FROM spent_flow WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM spent_browser WHERE browser IN (SELECT browser FROM spent_browser WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM stored_request WHERE request_id IN (SELECT request_id FROM stored_request WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM code WHERE code_id IN (SELECT code_id FROM code WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM registration WHERE registration_id IN (SELECT registration_id FROM registration WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM client_assertion WHERE (client_id, jti_hash) IN (SELECT client_id, jti_hash FROM client_assertion WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM revoked_token WHERE token_id IN (SELECT token_id FROM revoked_token WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM revoked_grant WHERE (bucket, grant_id) IN (SELECT bucket, grant_id FROM revoked_grant WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM token_grant WHERE (bucket, grant_id) IN (SELECT bucket, grant_id FROM token_grant WHERE expires_at < $1 LIMIT 1000)`, now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM session WHERE (bucket, session_id) IN (SELECT bucket, session_id FROM session WHERE expires_at < $1 LIMIT 1000)`, now.Add(-keepSessions))
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM attempt WHERE (bucket, subject, kind) IN (SELECT bucket, subject, kind FROM attempt WHERE updated_at < $1 AND blocked_until < $2 LIMIT 1000)`, now.Add(-keepAttempts), now)
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM budget WHERE (subject, kind) IN (SELECT subject, kind FROM budget WHERE window_start < $1 LIMIT 1000)`, now.Add(-keepAttempts))
		},
		func() (int64, error) {
			return q.Exec(ctx, `DELETE FROM job WHERE job_id IN (SELECT job_id FROM job WHERE finished_at > 0 AND finished_at < $1 LIMIT 1000)`, now.Add(-keepJobs))
		},
	} {
		for n := int64(purgeRows); n >= purgeRows; {
			var err error
			if n, err = next(); err != nil {
				return fmt.Errorf("purge: %w", err)
			}
		}
	}
	return nil
}
