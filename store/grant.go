package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// RedeemCode spends an authorization code: the row of its grant is made only if
// the session, the account, the consent and the service are still good. One round
// trip. ErrConflict: the code was spent before. ErrStale: one of them is not good
// any more.
func (db *DB) RedeemCode(ctx context.Context, g idp.Grant, now time.Time, writes ...Write) error {
	bucket, oid := int16(g.OID.Bucket()), int64(g.OID)
	var b Batch
	b.Exec(`INSERT INTO token_grant (bucket, grant_id, account_id, client_id, session_id, security_version, scopes, generation, rotated_at, last_use,
			offline, amr, acr, auth_time, created_at, expires_at, revoked_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, 0
		WHERE EXISTS (SELECT 1 FROM account WHERE bucket = $16 AND account_id = $17 AND status = 'active' AND security_version = $18)
		AND EXISTS (SELECT 1 FROM session WHERE bucket = $19 AND session_id = $20 AND ended_at = 0 AND expires_at > $21)
		AND EXISTS (SELECT 1 FROM consent WHERE bucket = $22 AND account_id = $23 AND client_id = $24)
		AND EXISTS (SELECT 1 FROM client WHERE client_id = $25 AND status = 'active')`,
		bucket, g.ID, oid, g.ClientID, g.SessionID, g.SecurityVersion, strings.Join(g.Scopes, " "), g.Generation, uuid.Nil,
		g.Offline, strings.Join(g.AMR, " "), g.ACR, g.AuthTime, now, g.ExpiresAt,
		bucket, oid, g.SecurityVersion,
		bucket, g.SessionID, now,
		bucket, oid, g.ClientID,
		g.ClientID)
	b.Require(`SELECT 1 FROM token_grant WHERE bucket = $1 AND grant_id = $2`, bucket, g.ID)
	b.Add(writes...)
	return db.Send(ctx, &b)
}

// BurnCode makes a code useless: one that was not spent never can be, one that was
// loses its grant (RFC 6749 §4.1.2, RFC 9700 §2.1.1).
func (db *DB) BurnCode(ctx context.Context, g idp.Grant, now time.Time, writes ...Write) error {
	var b Batch
	b.Exec(`INSERT INTO token_grant (bucket, grant_id, account_id, client_id, session_id, security_version, scopes, generation, rotated_at, last_use,
			offline, amr, acr, auth_time, created_at, expires_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, '', 0, 0, $7, $8, '', '', 0, $9, $10, $11)
		ON CONFLICT (bucket, grant_id) DO UPDATE SET revoked_at = CASE WHEN token_grant.revoked_at = 0 THEN excluded.revoked_at ELSE token_grant.revoked_at END`,
		int16(g.OID.Bucket()), g.ID, int64(g.OID), g.ClientID, g.SessionID, g.SecurityVersion, uuid.Nil, false, now, g.ExpiresAt, now)
	b.Exec(revokedGrants+`bucket = $3 AND grant_id = $4`+onceRevoked, now, revokedUntil(now), int16(g.OID.Bucket()), g.ID)
	b.Add(writes...)
	return db.sendRevoking(ctx, &b)
}

// Refreshing is the wish to go on with a family of refresh tokens.
type Refreshing struct {
	Bucket     idp.Bucket
	Grant      uuid.UUID
	ClientID   string
	Generation int64 // of the token shown
	ExpiresAt  time.Time
	// Grace is how long the token before the newest still answers with that one.
	Grace time.Duration
}

// RefreshGrant moves a family to the next generation, or finds that it was moved
// there a moment ago: then its generation is the same, so that the same successor
// is derived. One round trip. ErrStale: the token is not the newest, or the grant,
// session (unless offline), account or service is not good any more. The account
// of the event is that of the grant.
func (db *DB) RefreshGrant(ctx context.Context, r Refreshing, now time.Time, event idp.Event) (*idp.Grant, error) {
	data, err := eventData(event)
	if err != nil {
		return nil, err
	}
	use := uuid.New()
	var g idp.Grant
	var b Batch
	b.QueryRow(`UPDATE token_grant SET rotated_at = CASE WHEN generation = $1 THEN CAST($2 AS BIGINT) ELSE rotated_at END,
			generation = $3, last_use = $4, expires_at = $5
		WHERE bucket = $6 AND grant_id = $7 AND client_id = $8 AND revoked_at = 0 AND expires_at > $9
		AND (generation = $10 OR generation = $11 AND rotated_at > $12)
		AND EXISTS (SELECT 1 FROM account a WHERE a.bucket = token_grant.bucket AND a.account_id = token_grant.account_id
			AND a.status = 'active' AND a.security_version = token_grant.security_version)
		AND (offline OR EXISTS (SELECT 1 FROM session s WHERE s.bucket = token_grant.bucket AND s.session_id = token_grant.session_id
			AND s.ended_at = 0 AND s.expires_at > $13))
		AND EXISTS (SELECT 1 FROM client c WHERE c.client_id = token_grant.client_id AND c.status = 'active')
		RETURNING grant_id, account_id, client_id, session_id, scopes, generation, offline, amr, acr, auth_time`,
		[]any{r.Generation, now, r.Generation + 1, use, r.ExpiresAt,
			int16(r.Bucket), r.Grant, r.ClientID, now,
			r.Generation, r.Generation + 1, now.Add(-r.Grace), now},
		func(row Row) error {
			err := scanGrant(row, &g)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		})
	b.Require(`SELECT 1 FROM token_grant WHERE bucket = $1 AND grant_id = $2 AND last_use = $3`, int16(r.Bucket), r.Grant, use)
	addGrantEvent(&b, r.Bucket, r.Grant, use, event, data)
	if err := db.Send(ctx, &b); err != nil {
		return nil, err
	}
	return &g, nil
}

func scanGrant(row Row, g *idp.Grant) error {
	var id, session uuid.UUID
	var scopes, amr string
	err := row.Scan(&id, (*int64)(&g.OID), &g.ClientID, &session, &scopes, &g.Generation, &g.Offline, &amr, &g.ACR, timeTarget{&g.AuthTime})
	g.ID, g.SessionID, g.Scopes, g.AMR = id, session, strings.Fields(scopes), strings.Fields(amr)
	return err
}
