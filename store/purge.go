package store

import (
	"context"
	"time"
)

// How long rows are kept past their use.
const (
	keepSessions = 30 * 24 * time.Hour
	keepAttempts = 48 * time.Hour
	keepJobs     = 30 * 24 * time.Hour
	keepEvents   = 366 * 24 * time.Hour // R-OPS-2: twelve months
)

// Purge removes what has served its term, at most a thousand rows of each table
// a call, so that no lock is held long.
func (db *DB) Purge(ctx context.Context, now time.Time) error {
	var b Batch
	b.Exec(`DELETE FROM spent_flow WHERE (bucket, flow_id) IN (SELECT bucket, flow_id FROM spent_flow WHERE expires_at < $1 LIMIT 1000)`, now)
	b.Exec(`DELETE FROM stored_request WHERE request_id IN (SELECT request_id FROM stored_request WHERE expires_at < $1 LIMIT 1000)`, now)
	b.Exec(`DELETE FROM code WHERE code_id IN (SELECT code_id FROM code WHERE expires_at < $1 LIMIT 1000)`, now)
	b.Exec(`DELETE FROM registration WHERE registration_id IN (SELECT registration_id FROM registration WHERE expires_at < $1 LIMIT 1000)`, now)
	b.Exec(`DELETE FROM client_assertion WHERE (client_id, jti_hash) IN (SELECT client_id, jti_hash FROM client_assertion WHERE expires_at < $1 LIMIT 1000)`, now)
	b.Exec(`DELETE FROM revoked_token WHERE token_id IN (SELECT token_id FROM revoked_token WHERE expires_at < $1 LIMIT 1000)`, now)
	b.Exec(`DELETE FROM token_grant WHERE (bucket, grant_id) IN (SELECT bucket, grant_id FROM token_grant WHERE expires_at < $1 LIMIT 1000)`, now)
	b.Exec(`DELETE FROM session WHERE (bucket, session_id) IN (SELECT bucket, session_id FROM session WHERE expires_at < $1 LIMIT 1000)`, now.Add(-keepSessions))
	b.Exec(`DELETE FROM attempt WHERE (bucket, subject, kind) IN (SELECT bucket, subject, kind FROM attempt WHERE updated_at < $1 AND blocked_until < $2 LIMIT 1000)`, now.Add(-keepAttempts), now)
	b.Exec(`DELETE FROM budget WHERE (subject, kind) IN (SELECT subject, kind FROM budget WHERE window_start < $1 LIMIT 1000)`, now.Add(-keepAttempts))
	b.Exec(`DELETE FROM job WHERE job_id IN (SELECT job_id FROM job WHERE finished_at > 0 AND finished_at < $1 LIMIT 1000)`, now.Add(-keepJobs))
	b.Exec(`DELETE FROM event WHERE (bucket, event_id) IN (SELECT bucket, event_id FROM event WHERE at < $1 LIMIT 1000)`, now.Add(-keepEvents))
	return db.Send(ctx, &b)
}
