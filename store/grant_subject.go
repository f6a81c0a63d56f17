package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// granted joins a grant that is good now to its account.
const granted = `
	FROM token_grant g
	JOIN account a ON a.bucket = g.bucket AND a.account_id = g.account_id AND a.status = 'active' AND a.security_version = g.security_version
	JOIN account_key k ON k.bucket = a.bucket AND k.account_id = a.account_id
	LEFT JOIN consent c ON c.bucket = a.bucket AND c.account_id = a.account_id AND c.client_id = g.client_id
	LEFT JOIN session s ON s.bucket = g.bucket AND s.session_id = g.session_id AND s.ended_at = 0 AND s.expires_at > $1
	WHERE g.bucket = $2 AND g.grant_id = $3 AND g.revoked_at = 0 AND g.expires_at > $4 AND (g.offline OR s.session_id IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM revoked_token WHERE token_id = $5)`

// GrantSubject reads whose an access token is, with the identity documents, if
// the token, its grant, account and session are good. One round trip. ErrNotFound
// when not.
func (db *DB) GrantSubject(ctx context.Context, bucket idp.Bucket, grant uuid.UUID, clientID, tokenID string, now time.Time) (*Subject, []idp.Document, error) {
	var s *Subject
	var documents []idp.Document
	var sealed []sealedDocument
	var b Batch
	b.QueryRow(`SELECT `+subjectColumns+granted, []any{now, int16(bucket), grant, now, tokenID}, func(row Row) (err error) {
		s, err = db.scanSubject(row, clientID)
		return err
	})
	b.Query(`SELECT d.document_id, d.type, d.fields, d.source, d.created_at FROM document d
		JOIN token_grant g ON g.bucket = d.bucket AND g.account_id = d.account_id
		WHERE g.bucket = $1 AND g.grant_id = $2 AND d.replaced_at = 0 ORDER BY d.created_at, d.document_id`,
		[]any{int16(bucket), grant}, func(rows Rows) error {
			for rows.Next() {
				var d sealedDocument
				if err := rows.Scan(&d.id, (*string)(&d.Type), &d.fields, &d.Source, timeTarget{&d.CreatedAt}); err != nil {
					return err
				}
				sealed = append(sealed, d)
			}
			return rows.Err()
		})
	if err := db.Send(ctx, &b); err != nil {
		return nil, nil, err
	}
	for _, d := range sealed {
		plain, err := s.open(d.fields, "document", d.id.String())
		if err != nil {
			return nil, nil, err
		}
		if err := json.Unmarshal(plain, &d.Fields); err != nil {
			return nil, nil, fmt.Errorf("store: document: %w", err)
		}
		d.ID = d.id
		documents = append(documents, d.Document)
	}
	return s, documents, nil
}

type sealedDocument struct {
	idp.Document
	id     uuid.UUID
	fields []byte
}

// GrantActive tells whether an access token, its grant, account and session are
// good. One round trip.
func (db *DB) GrantActive(ctx context.Context, bucket idp.Bucket, grant uuid.UUID, tokenID string, now time.Time) (bool, error) {
	var oid int64
	err := db.Q(ctx).QueryRow(ctx, `SELECT a.account_id`+granted, now, int16(bucket), grant, now, tokenID).Scan(&oid)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// RefreshActive tells whether a refresh token is the newest of a family that is
// good. One round trip.
func (db *DB) RefreshActive(ctx context.Context, r Refreshing, now time.Time) (*idp.Grant, error) {
	var g idp.Grant
	err := scanGrant(db.Q(ctx).QueryRow(ctx, `SELECT g.grant_id, g.account_id, g.client_id, g.session_id, g.scopes, g.generation, g.offline, g.amr, g.acr, g.auth_time`+
		granted+` AND g.generation = $6`, now, int16(r.Bucket), r.Grant, now, "", r.Generation), &g)
	if err != nil {
		return nil, err
	}
	return &g, nil
}
