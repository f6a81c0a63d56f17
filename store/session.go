package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// Sessions reads the sessions of an account that can still be used, newest
// first, at most a hundred.
func (db *DB) Sessions(ctx context.Context, s *Subject, now time.Time) ([]idp.Session, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT session_id, security_version, amr, auth_time, device, created_at, seen_at, expires_at
		FROM session WHERE bucket = $1 AND account_id = $2 AND ended_at = 0 AND expires_at > $3 AND seen_at > $4
		ORDER BY created_at DESC LIMIT 100`,
		int16(s.Account.OID.Bucket()), int64(s.Account.OID), now, now.Add(-idp.SessionIdle))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []idp.Session
	for rows.Next() {
		one := idp.Session{OID: s.Account.OID}
		var id uuid.UUID
		var amr string
		var device []byte
		if err := rows.Scan(&id, &one.SecurityVersion, &amr, timeTarget{&one.AuthTime}, &device,
			timeTarget{&one.CreatedAt}, timeTarget{&one.SeenAt}, timeTarget{&one.ExpiresAt}); err != nil {
			return nil, err
		}
		one.ID, one.AMR = id, strings.Fields(amr)
		plain, err := s.open(device, "session", id.String())
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(plain, &one.Device); err != nil {
			return nil, fmt.Errorf("store: device of session: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// EndSession ends one session of an account and spends the binding of its browser,
// so that nothing proved there can be finished; ErrStale when it has none such alive.
func (db *DB) EndSession(ctx context.Context, oid idp.OID, id uuid.UUID, now time.Time, writes ...Write) error {
	var b Batch
	b.Exec(`INSERT INTO spent_browser (browser, spent_at, expires_at)
		SELECT browser, $1, $2 FROM session WHERE bucket = $3 AND session_id = $4 AND account_id = $5
		ON CONFLICT (browser) DO UPDATE SET spent_at = excluded.spent_at, expires_at = excluded.expires_at`,
		now, now.Add(idp.RequestLife), int16(oid.Bucket()), id, int64(oid))
	b.Exec(`UPDATE session SET ended_at = $1 WHERE bucket = $2 AND session_id = $3 AND account_id = $4 AND ended_at = 0`,
		now, int16(oid.Bucket()), id, int64(oid))
	b.Require(`SELECT 1 FROM session WHERE bucket = $1 AND session_id = $2 AND account_id = $3 AND ended_at = $4`,
		int16(oid.Bucket()), id, int64(oid), now)
	revokeOfSession(&b, int16(oid.Bucket()), id, now)
	b.Add(writes...)
	return db.sendRevoking(ctx, &b)
}

// SignOut ends the session that a browser's cookie points at and spends the
// browser's binding, so that nothing proved in its tabs can be finished.
func (db *DB) SignOut(ctx context.Context, ref SessionRef, browser []byte, now time.Time, writes ...Write) error {
	var b Batch
	b.Exec(`UPDATE session SET ended_at = $1 WHERE bucket = $2 AND session_id = $3 AND cookie_hash = $4 AND ended_at = 0`,
		now, int16(ref.Bucket), ref.ID, ref.CookieHash)
	if browser != nil {
		spendBrowser(&b, browser, now)
	}
	revokeOfSession(&b, int16(ref.Bucket), ref.ID, now)
	b.Add(writes...)
	return db.sendRevoking(ctx, &b)
}

// Secure makes everything that was proved for an account before stop counting:
// sign-ins in progress, codes not yet redeemed, every session but keep (nil keeps
// none). Refresh tokens and access to data end with them, since each use rechecks
// the security version. ErrStale: the account was secured meanwhile.
func (db *DB) Secure(ctx context.Context, s *Subject, keep *uuid.UUID, now time.Time, writes ...Write) error {
	bucket, oid, version := int16(s.Account.OID.Bucket()), int64(s.Account.OID), s.Account.SecurityVersion
	if keep == nil {
		keep = &uuid.Nil
	}
	var b Batch
	// Writing first makes rivals wait for the row, so that the condition sees what
	// the first of them left.
	b.Exec(`UPDATE account SET updated_at = $1 WHERE bucket = $2 AND account_id = $3`, now, bucket, oid)
	b.Require(`SELECT 1 FROM account WHERE bucket = $1 AND account_id = $2 AND security_version = $3`, bucket, oid, version)
	b.Exec(`UPDATE account SET security_version = $1, updated_at = $2 WHERE bucket = $3 AND account_id = $4 AND security_version = $5`,
		version+1, now, bucket, oid, version)
	b.Exec(`UPDATE session SET ended_at = $1 WHERE bucket = $2 AND account_id = $3 AND session_id <> $4 AND ended_at = 0`, now, bucket, oid, *keep)
	b.Exec(`UPDATE session SET security_version = $1 WHERE bucket = $2 AND account_id = $3 AND session_id = $4 AND ended_at = 0`,
		version+1, bucket, oid, *keep)
	revokeOfAccount(&b, s.Account.OID, "", now)
	b.Add(writes...)
	if err := db.sendRevoking(ctx, &b); err != nil {
		return err
	}
	s.Account.SecurityVersion++
	return nil
}

// SetSecondFactor keeps the owner's choice of second factor.
func (s *Subject) SetSecondFactor(factor idp.SecondFactor, now time.Time) Write {
	return func(b *Batch) {
		b.Exec(`UPDATE account SET second_factor = $1, updated_at = $2 WHERE bucket = $3 AND account_id = $4`,
			string(factor), now, int16(s.Account.OID.Bucket()), int64(s.Account.OID))
	}
}
