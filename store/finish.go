package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// Finish is a sign-in that has come to its end.
type Finish struct {
	FlowID uuid.UUID
	// Browser is the hash of the browser's binding; it is spent when a session is
	// recorded. ProvedAt is the time of the oldest proof under it.
	Browser  []byte
	ProvedAt time.Time
	// NextBrowser is the hash of the binding that the browser has with that session.
	NextBrowser []byte
	Subject     *Subject
	// Old is the session that the browser had; it is renewed when it is the
	// subject's, else ended. Nil is none.
	Old *SessionRef
	// Session is the session to record; nil when nothing was proved anew.
	Session *idp.Session
	// Consent is the consent to remember; nil when none was given.
	Consent *idp.Consent
}

// FinishFlow spends a flow and records the session and consent that it led to, in
// one round trip. It returns the session's id: the old one's when that was
// renewed. ErrConflict: the flow was finished before. ErrStale: the account was
// blocked or secured, or the browser's binding spent, since the proofs were given.
func (db *DB) FinishFlow(ctx context.Context, f Finish, now time.Time, writes ...Write) (uuid.UUID, error) {
	a := f.Subject.Account
	bucket := int16(a.OID.Bucket())
	var b Batch
	b.Exec(`INSERT INTO spent_flow (bucket, flow_id, expires_at) VALUES ($1, $2, $3)`, bucket, f.FlowID, now.Add(idp.RequestLife))
	b.Require(`SELECT 1 FROM account WHERE bucket = $1 AND account_id = $2 AND status = 'active' AND security_version = $3`,
		bucket, int64(a.OID), a.SecurityVersion)
	var id uuid.UUID
	if f.Session != nil {
		b.Require(`SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM spent_browser WHERE browser = $1 AND spent_at >= $2)`, browserID(f.Browser), f.ProvedAt)
		// What else was proved under this binding ends with it.
		spendBrowser(&b, f.Browser, now)
		if err := recordSession(&b, f, now, &id); err != nil {
			return uuid.Nil, err
		}
	}
	if c := f.Consent; c != nil {
		b.Add(SetConsent(a.OID, *c, now))
	}
	b.Add(writes...)
	send := db.Send
	if f.Old != nil {
		send = db.sendRevoking
	}
	if err := send(ctx, &b); err != nil {
		return uuid.Nil, err
	}
	if f.Session == nil && f.Subject.Session != nil {
		return f.Subject.Session.ID, nil
	}
	return id, nil
}

// FlowSpent tells whether a flow of an account was finished.
func (db *DB) FlowSpent(ctx context.Context, oid idp.OID, id uuid.UUID) (bool, error) {
	var one int
	err := db.Q(ctx).QueryRow(ctx, `SELECT 1 FROM spent_flow WHERE bucket = $1 AND flow_id = $2`, int16(oid.Bucket()), id).Scan(&one)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// recordSession renews the browser's session of the same account, so that its
// services keep theirs; any other it ends, and begins a new one.
func recordSession(b *Batch, f Finish, now time.Time, id *uuid.UUID) error {
	s := f.Session
	bucket := int16(s.OID.Bucket())
	amr := strings.Join(s.AMR, " ")
	*id = s.ID
	old := f.Old
	if old == nil {
		old = &SessionRef{CookieHash: []byte{}}
	} else {
		b.QueryRow(`UPDATE session SET cookie_hash = $1, browser = $2, amr = $3, auth_time = $4, seen_at = $5, security_version = $6
			WHERE bucket = $7 AND session_id = $8 AND cookie_hash = $9 AND account_id = $10 AND ended_at = 0 AND expires_at > $11 AND seen_at > $12
			RETURNING session_id`,
			[]any{s.CookieHash, browserID(f.NextBrowser), amr, s.AuthTime, now, s.SecurityVersion,
				int16(old.Bucket), old.ID, old.CookieHash, int64(s.OID), now, now.Add(-idp.SessionIdle)},
			func(row Row) error {
				var renewed uuid.UUID
				err := row.Scan(&renewed)
				if errors.Is(err, ErrNotFound) {
					return nil
				}
				*id = renewed
				return err
			})
		b.Exec(`UPDATE session SET ended_at = $1 WHERE bucket = $2 AND session_id = $3 AND cookie_hash = $4 AND ended_at = 0`,
			now, int16(old.Bucket), old.ID, old.CookieHash)
		revokeOfSession(b, int16(old.Bucket), old.ID, now)
	}
	device, err := json.Marshal(s.Device)
	if err != nil {
		return fmt.Errorf("store: device of session: %w", err)
	}
	b.Exec(`INSERT INTO session (bucket, session_id, account_id, cookie_hash, browser, security_version, amr, auth_time, device, created_at, seen_at, expires_at, ended_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
		WHERE NOT EXISTS (SELECT 1 FROM session WHERE bucket = $14 AND session_id = $15 AND cookie_hash = $16)`,
		bucket, s.ID, int64(s.OID), s.CookieHash, browserID(f.NextBrowser), s.SecurityVersion, amr, s.AuthTime,
		f.Subject.seal(device, "session", uuid.UUID(s.ID).String()), now, now, s.ExpiresAt, 0,
		bucket, old.ID, s.CookieHash)
	return nil
}

// spendBrowser makes what was proved under a binding by now count for nothing.
func spendBrowser(b *Batch, hash []byte, now time.Time) {
	b.Exec(`INSERT INTO spent_browser (browser, spent_at, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (browser) DO UPDATE SET spent_at = excluded.spent_at, expires_at = excluded.expires_at`,
		browserID(hash), now, now.Add(idp.RequestLife))
}

// browserID is the id under which a browser's binding is spent.
func browserID(hash []byte) uuid.UUID {
	var id uuid.UUID
	copy(id[:], hash)
	return id
}
