package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// AccessRef points at what an access token of a person rests on.
type AccessRef struct {
	Bucket   idp.Bucket
	Grant    uuid.UUID
	ClientID string
	TokenID  string // the jti
}

// granted joins a grant that is good now to its account.
const granted = `
	FROM token_grant g
	JOIN account a ON a.bucket = g.bucket AND a.account_id = g.account_id AND a.status = 'active' AND a.security_version = g.security_version
	JOIN client x ON x.client_id = g.client_id AND x.status = 'active'
	JOIN account_key k ON k.bucket = a.bucket AND k.account_id = a.account_id
	LEFT JOIN consent c ON c.bucket = a.bucket AND c.account_id = a.account_id AND c.client_id = g.client_id
	LEFT JOIN session s ON s.bucket = g.bucket AND s.session_id = g.session_id AND s.ended_at = 0 AND s.expires_at > $1
	WHERE g.bucket = $2 AND g.grant_id = $3 AND g.client_id = $4 AND g.revoked_at = 0 AND g.expires_at > $5
	AND (g.offline OR s.session_id IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM revoked_token WHERE token_id = $6)`

func (r AccessRef) args(now time.Time) []any {
	return []any{now, int16(r.Bucket), r.Grant, r.ClientID, now, r.TokenID}
}

// GrantSubject reads whose an access token is, with the current identity documents
// when they are wanted, if the token, its grant, account and session (unless
// offline) are good, and keeps the event that it was read. One round trip.
// ErrNotFound, and no event, when not. The account of the event is that of the
// grant.
func (db *DB) GrantSubject(ctx context.Context, ref AccessRef, documents bool, now time.Time, event idp.Event) (*Subject, []idp.Document, error) {
	data, err := eventData(event)
	if err != nil {
		return nil, nil, err
	}
	var s *Subject
	var sealed []sealedDocument
	var b Batch
	b.QueryRow(`SELECT `+subjectColumns+granted, ref.args(now), func(row Row) (err error) {
		s, err = db.scanSubject(row, ref.ClientID)
		return err
	})
	if documents {
		b.Query(`SELECT d.document_id, d.type, d.fields, d.source, d.created_at FROM document d
			JOIN token_grant g ON g.bucket = d.bucket AND g.account_id = d.account_id
			WHERE g.bucket = $1 AND g.grant_id = $2 AND d.replaced_at = 0 ORDER BY d.created_at, d.document_id`,
			[]any{int16(ref.Bucket), ref.Grant}, func(rows Rows) (err error) {
				sealed, err = scanDocuments(rows)
				return err
			})
	}
	b.ExecCount(b.event(event, new(int64)), `WITH good AS (SELECT g.bucket, g.account_id, g.client_id`+granted+`)
		INSERT INTO event (bucket, event_id, account_id, at, name, client_id, actor, request_id, data)
		SELECT bucket, $7, account_id, $8, $9, client_id, $10, $11, $12 FROM good`,
		append(ref.args(now), event.ID, event.At, string(event.Name), event.Actor, event.RequestID, data)...)
	if err := db.Send(ctx, &b); err != nil {
		return nil, nil, err
	}
	opened, err := s.openDocuments(sealed)
	return s, opened, err
}

// GrantActive tells whether an access token, its grant, account and session are
// good. One round trip.
func (db *DB) GrantActive(ctx context.Context, ref AccessRef, now time.Time) (bool, error) {
	var oid int64
	err := db.Q(ctx).QueryRow(ctx, `SELECT a.account_id`+granted, ref.args(now)...).Scan(&oid)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// RefreshActive reads the grant of a refresh token, if that is the newest of a
// family of its service that is good. One round trip. ErrNotFound when not.
func (db *DB) RefreshActive(ctx context.Context, r Refreshing, now time.Time) (*idp.Grant, error) {
	ref := AccessRef{Bucket: r.Bucket, Grant: r.Grant, ClientID: r.ClientID}
	var g idp.Grant
	err := scanGrant(db.Q(ctx).QueryRow(ctx, `SELECT g.grant_id, g.account_id, g.client_id, g.session_id, g.scopes, g.generation, g.offline, g.amr, g.acr, g.auth_time`+
		granted+` AND g.generation = $7`, append(ref.args(now), r.Generation)...), &g)
	if err != nil {
		return nil, err
	}
	return &g, nil
}
