package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// RevokeGrant ends a family of refresh tokens of a service, and with it every
// access token of the grant, which are rechecked at each use; nothing happens, and
// no event is kept, when the service has none such (RFC 7009 §2.1). The account
// of the event is that of the grant.
func (db *DB) RevokeGrant(ctx context.Context, bucket idp.Bucket, grant uuid.UUID, clientID string, now time.Time, event idp.Event) error {
	data, err := eventData(event)
	if err != nil {
		return err
	}
	use := uuid.New()
	var b Batch
	b.Exec(`UPDATE token_grant SET revoked_at = $1, last_use = $2 WHERE bucket = $3 AND grant_id = $4 AND client_id = $5 AND revoked_at = 0`,
		now, use, int16(bucket), grant, clientID)
	addGrantEvent(&b, bucket, grant, use, event, data)
	b.Exec(revokedGrants+`bucket = $3 AND grant_id = $4 AND last_use = $5`+onceRevoked, now, revokedUntil(now), int16(bucket), grant, use)
	return db.sendRevoking(ctx, &b)
}

// EndReused revokes a family of which an outlived token was shown: either its
// service or a thief holds the newest one (RFC 9700 §4.14.2). Nothing happens, and
// no event is kept, when the token is not outlived or the family has ended.
func (db *DB) EndReused(ctx context.Context, r Refreshing, now time.Time, event idp.Event) error {
	data, err := eventData(event)
	if err != nil {
		return err
	}
	use := uuid.New()
	var b Batch
	b.Exec(`UPDATE token_grant SET revoked_at = $1, last_use = $2
		WHERE bucket = $3 AND grant_id = $4 AND client_id = $5 AND revoked_at = 0 AND generation > $6`,
		now, use, int16(r.Bucket), r.Grant, r.ClientID, r.Generation)
	addGrantEvent(&b, r.Bucket, r.Grant, use, event, data)
	b.Exec(revokedGrants+`bucket = $3 AND grant_id = $4 AND last_use = $5`+onceRevoked, now, revokedUntil(now), int16(r.Bucket), r.Grant, use)
	return db.sendRevoking(ctx, &b)
}

// addGrantEvent keeps an event of the account of a grant, if use is what changed
// the grant last.
func addGrantEvent(b *Batch, bucket idp.Bucket, grant, use uuid.UUID, e idp.Event, data string) {
	b.ExecCount(b.event(e, new(int64)), `INSERT INTO event (bucket, event_id, account_id, at, name, client_id, actor, request_id, data)
		SELECT bucket, $1, account_id, $2, $3, client_id, $4, $5, $6
		FROM token_grant WHERE bucket = $7 AND grant_id = $8 AND last_use = $9`,
		e.ID, e.At, string(e.Name), e.Actor, e.RequestID, data, int16(bucket), grant, use)
}

func eventData(e idp.Event) (string, error) {
	if e.Data == nil {
		return "{}", nil
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return "", fmt.Errorf("store: event: %w", err)
	}
	return string(data), nil
}

// RevokeToken ends one access token before its time (RFC 7009 §2); the note is
// kept until expires.
func (db *DB) RevokeToken(ctx context.Context, tokenID string, now, expires time.Time, writes ...Write) error {
	var b Batch
	b.Exec(`INSERT INTO revoked_token (token_id, revoked_at, expires_at) VALUES ($1, $2, $3) ON CONFLICT (token_id) DO NOTHING`, tokenID, now, expires)
	b.Add(writes...)
	return db.sendRevoking(ctx, &b)
}
