package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// Whatever ends a grant notes it here, so that instances can refuse its access
// tokens without asking about each: revokedGrants, a condition, onceRevoked.
const (
	revokedGrants = `INSERT INTO revoked_grant (bucket, grant_id, revoked_at, expires_at)
		SELECT bucket, grant_id, $1, $2 FROM token_grant WHERE `
	onceRevoked = ` ON CONFLICT (bucket, grant_id) DO NOTHING`
)

// lateClock is how far the clocks of instances may be apart.
const lateClock = time.Minute

// revokedUntil is when the last access token of a grant that ends now has expired.
func revokedUntil(now time.Time) time.Time { return now.Add(idp.AccessTokenLife + lateClock) }

// revokeOfSession notes the grants that end with a session which ended now, of
// those that may have an access token in time.
func revokeOfSession(b *Batch, bucket int16, session uuid.UUID, now time.Time) {
	since := now.Add(-idp.AccessTokenLife - lateClock)
	b.Exec(`INSERT INTO revoked_grant (bucket, grant_id, revoked_at, expires_at)
		SELECT g.bucket, g.grant_id, $1, $2 FROM session s
		JOIN token_grant g ON g.bucket = s.bucket AND g.account_id = s.account_id AND g.session_id = s.session_id
		WHERE s.bucket = $3 AND s.session_id = $4 AND s.ended_at = $5 AND NOT g.offline AND (g.created_at > $6 OR g.rotated_at > $7)
		ON CONFLICT (bucket, grant_id) DO NOTHING`,
		now, revokedUntil(now), bucket, session, now, since, since)
}

// revokeOfAccount notes every grant of an account that may have an access token in
// time; of one service alone unless clientID is empty.
func revokeOfAccount(b *Batch, oid idp.OID, clientID string, now time.Time) {
	since := now.Add(-idp.AccessTokenLife - lateClock)
	b.Exec(revokedGrants+`bucket = $3 AND account_id = $4 AND (client_id = $5 OR $6 = '') AND (created_at > $7 OR rotated_at > $8)`+onceRevoked,
		now, revokedUntil(now), int16(oid.Bucket()), int64(oid), clientID, clientID, since, since)
}

// sendRevoking sends a batch that ends grants or tokens, and counts it.
func (db *DB) sendRevoking(ctx context.Context, b *Batch) error {
	err := db.Send(ctx, b)
	// Counted on failure too: it may have been kept all the same.
	db.revocations.Add(1)
	return err
}

// Revocations counts what this process has revoked: who keeps a copy of the revoked
// knows by it that the copy is old.
func (db *DB) Revocations() int64 { return db.revocations.Load() }

// Revoked is an access token, or all those of a grant, that ended before their time.
type Revoked struct {
	TokenID   string // the jti; empty for a grant
	Bucket    idp.Bucket
	Grant     uuid.UUID
	RevokedAt time.Time
	ExpiresAt time.Time // when the last of them has expired
}

// Revoked reads what was revoked at or after a moment and would still be in time.
// One round trip.
func (db *DB) Revoked(ctx context.Context, since, now time.Time) ([]Revoked, error) {
	var all []Revoked
	var b Batch
	b.Query(`SELECT token_id, revoked_at, expires_at FROM revoked_token WHERE revoked_at >= $1 AND expires_at > $2`, []any{since, now}, func(rows Rows) error {
		for rows.Next() {
			var one Revoked
			if err := rows.Scan(&one.TokenID, timeTarget{&one.RevokedAt}, timeTarget{&one.ExpiresAt}); err != nil {
				return err
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	b.Query(`SELECT bucket, grant_id, revoked_at, expires_at FROM revoked_grant WHERE revoked_at >= $1 AND expires_at > $2`, []any{since, now}, func(rows Rows) error {
		for rows.Next() {
			var one Revoked
			var bucket int16
			if err := rows.Scan(&bucket, &one.Grant, timeTarget{&one.RevokedAt}, timeTarget{&one.ExpiresAt}); err != nil {
				return err
			}
			one.Bucket = idp.Bucket(bucket)
			all = append(all, one)
		}
		return rows.Err()
	})
	err := db.Send(ctx, &b)
	return all, err
}
