package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/keys"
)

// Subject is an account as a step needs it, with the key of its sealed data.
type Subject struct {
	idp.Subject
	key keys.DataKey
	// profileVersion is the row's version, part of what its seal is bound to.
	profileVersion int64
}

// SessionRef points at a session as a browser's cookie does.
type SessionRef struct {
	Bucket     idp.Bucket
	ID         uuid.UUID
	CookieHash []byte
}

// subjectColumns are what scanSubject reads.
const subjectColumns = `a.account_id, a.kind, a.level, a.status, a.security_version, a.second_factor, a.lang,
	a.profile, a.profile_version, a.created_at, k.wrapped,
	c.scopes, c.granted_at, c.updated_at,
	s.session_id, s.security_version, s.amr, s.auth_time, s.created_at, s.seen_at, s.expires_at, s.ended_at`

const subjectByOID = `SELECT ` + subjectColumns + `
	FROM account a
	JOIN account_key k ON k.bucket = a.bucket AND k.account_id = a.account_id
	LEFT JOIN consent c ON c.bucket = a.bucket AND c.account_id = a.account_id AND c.client_id = $1
	LEFT JOIN session s ON s.bucket = a.bucket AND s.account_id = a.account_id AND s.session_id = $2 AND s.cookie_hash = $3
	WHERE a.bucket = $4 AND a.account_id = $5`

const subjectBySession = `SELECT ` + subjectColumns + `
	FROM session s
	JOIN account a ON a.bucket = s.bucket AND a.account_id = s.account_id
	JOIN account_key k ON k.bucket = a.bucket AND k.account_id = a.account_id
	LEFT JOIN consent c ON c.bucket = a.bucket AND c.account_id = a.account_id AND c.client_id = $1
	WHERE s.bucket = $2 AND s.session_id = $3 AND s.cookie_hash = $4 AND s.ended_at = 0`

// SubjectByOID reads an account with its consent for a service and the session
// that ref points at, if that is of this account. One round trip.
func (db *DB) SubjectByOID(ctx context.Context, oid idp.OID, clientID string, ref *SessionRef) (*Subject, error) {
	return db.scanSubject(db.Q(ctx).QueryRow(ctx, subjectByOID, subjectArgs(oid, clientID, ref)...), clientID)
}

// SubjectBySession reads the account that a browser's cookie points at, with its
// consent for a service. One round trip.
func (db *DB) SubjectBySession(ctx context.Context, ref SessionRef, clientID string) (*Subject, error) {
	return db.scanSubject(db.Q(ctx).QueryRow(ctx, subjectBySession, clientID, int16(ref.Bucket), ref.ID, ref.CookieHash), clientID)
}

func subjectArgs(oid idp.OID, clientID string, ref *SessionRef) []any {
	if ref == nil {
		ref = &SessionRef{CookieHash: []byte{}}
	}
	return []any{clientID, ref.ID, ref.CookieHash, int16(oid.Bucket()), int64(oid)}
}

func (db *DB) scanSubject(row Row, clientID string) (*Subject, error) {
	var s Subject
	var profile, wrapped []byte
	var scopes, amr *string
	var granted, updated, version, authTime, created, seen, expires, ended *int64
	var sessionID *uuid.UUID
	a := &s.Account
	if err := row.Scan((*int64)(&a.OID), (*string)(&a.Kind), (*int16)(&a.Level), (*string)(&a.Status), &a.SecurityVersion,
		(*string)(&a.SecondFactor), &a.Lang, &profile, &s.profileVersion, timeTarget{&a.CreatedAt}, &wrapped,
		&scopes, &granted, &updated,
		&sessionID, &version, &amr, &authTime, &created, &seen, &expires, &ended); err != nil {
		return nil, err
	}
	if err := db.openSubject(&s, wrapped, profile); err != nil {
		return nil, err
	}
	if scopes != nil {
		s.Consent = idp.Consent{ClientID: clientID, Scopes: strings.Fields(*scopes), GrantedAt: fromMicros(*granted), UpdatedAt: fromMicros(*updated)}
	}
	if sessionID != nil {
		s.Session = &idp.Session{
			ID: *sessionID, OID: a.OID, SecurityVersion: *version, AMR: strings.Fields(*amr),
			AuthTime: fromMicros(*authTime), CreatedAt: fromMicros(*created), SeenAt: fromMicros(*seen),
			ExpiresAt: fromMicros(*expires), EndedAt: fromMicros(*ended),
		}
	}
	return &s, nil
}

// openSubject unwraps the account's key and opens its profile.
func (db *DB) openSubject(s *Subject, wrapped, profile []byte) error {
	key, err := keys.OpenDataKey(db.kek, wrapped, accountAAD(s.Account.OID))
	if err != nil {
		return fmt.Errorf("store: key of account: %w", err)
	}
	s.key = key
	plain, err := key.Open(profile, profileAAD(s.Account.OID, s.profileVersion)...)
	if err != nil {
		return fmt.Errorf("store: profile of account: %w", err)
	}
	if err := json.Unmarshal(plain, &s.Profile); err != nil {
		return fmt.Errorf("store: profile of account: %w", err)
	}
	return nil
}

// accountAAD binds a wrapped data key to its account.
func accountAAD(oid idp.OID) []byte { return []byte("account_key\x00" + oid.String()) }

func profileAAD(oid idp.OID, version int64) []string {
	return []string{"account", oid.String(), strconv.FormatInt(version, 10)}
}

// seal seals a value of a row that belongs to the subject's account.
func (s *Subject) seal(plain []byte, table, row string) []byte {
	return s.key.Seal(plain, table, s.Account.OID.String(), row)
}

// open opens what seal sealed.
func (s *Subject) open(sealed []byte, table, row string) ([]byte, error) {
	plain, err := s.key.Open(sealed, table, s.Account.OID.String(), row)
	if err != nil {
		return nil, fmt.Errorf("store: %s of account: %w", table, err)
	}
	return plain, nil
}

// TouchSession notes that a session was used; at most once a minute a session.
func (db *DB) TouchSession(ctx context.Context, bucket idp.Bucket, id uuid.UUID, now time.Time) error {
	_, err := db.Q(ctx).Exec(ctx, `UPDATE session SET seen_at = $1 WHERE bucket = $2 AND session_id = $3 AND seen_at < $4`,
		now, int16(bucket), id, now.Add(-idp.SeenEvery))
	return err
}
