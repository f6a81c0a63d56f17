package store

import (
	"context"
	"strings"
	"time"

	"vhod/idp"
)

// Consents reads what an account allowed to services, newest first, at most a
// thousand.
func (db *DB) Consents(ctx context.Context, oid idp.OID) ([]idp.Consent, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT client_id, scopes, granted_at, updated_at FROM consent
		WHERE bucket = $1 AND account_id = $2 ORDER BY updated_at DESC, client_id LIMIT 1000`, int16(oid.Bucket()), int64(oid))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []idp.Consent
	for rows.Next() {
		var c idp.Consent
		var scopes string
		if err := rows.Scan(&c.ClientID, &scopes, timeTarget{&c.GrantedAt}, timeTarget{&c.UpdatedAt}); err != nil {
			return nil, err
		}
		c.Scopes = strings.Fields(scopes)
		all = append(all, c)
	}
	return all, rows.Err()
}

// WithdrawConsent forgets what an account allowed to a service and revokes every
// grant that the service holds for it.
func (db *DB) WithdrawConsent(ctx context.Context, oid idp.OID, clientID string, now time.Time, writes ...Write) error {
	var b Batch
	b.Exec(`DELETE FROM consent WHERE bucket = $1 AND account_id = $2 AND client_id = $3`, int16(oid.Bucket()), int64(oid), clientID)
	b.Exec(`UPDATE token_grant SET revoked_at = $1 WHERE bucket = $2 AND account_id = $3 AND client_id = $4 AND revoked_at = 0`,
		now, int16(oid.Bucket()), int64(oid), clientID)
	revokeOfAccount(&b, oid, clientID, now)
	b.Add(writes...)
	return db.sendRevoking(ctx, &b)
}

// SetConsent remembers what an account allows to a service.
func SetConsent(oid idp.OID, c idp.Consent, now time.Time) Write {
	return func(b *Batch) {
		b.Exec(`INSERT INTO consent (bucket, account_id, client_id, scopes, granted_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (bucket, account_id, client_id) DO UPDATE SET scopes = excluded.scopes, updated_at = excluded.updated_at`,
			int16(oid.Bucket()), int64(oid), c.ClientID, strings.Join(c.Scopes, " "), now, now)
	}
}
