package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"vhod/idp"
)

// sealedDocument is a row of the table document before its fields are opened.
type sealedDocument struct {
	idp.Document
	fields []byte
}

func scanDocuments(rows Rows) ([]sealedDocument, error) {
	var all []sealedDocument
	for rows.Next() {
		var d sealedDocument
		var id uuid.UUID
		if err := rows.Scan(&id, (*string)(&d.Type), &d.fields, &d.Source, timeTarget{&d.CreatedAt}); err != nil {
			return nil, err
		}
		d.ID = id
		all = append(all, d)
	}
	return all, rows.Err()
}

// Documents reads the current identity documents of an account, oldest first.
func (db *DB) Documents(ctx context.Context, s *Subject) ([]idp.Document, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT document_id, type, fields, source, created_at FROM document
		WHERE bucket = $1 AND account_id = $2 AND replaced_at = 0 ORDER BY created_at, document_id`,
		int16(s.Account.OID.Bucket()), int64(s.Account.OID))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sealed, err := scanDocuments(rows)
	if err != nil {
		return nil, err
	}
	return s.openDocuments(sealed)
}

// openDocuments opens what belongs to the subject.
func (s *Subject) openDocuments(sealed []sealedDocument) ([]idp.Document, error) {
	all := make([]idp.Document, 0, len(sealed))
	for _, d := range sealed {
		plain, err := s.open(d.fields, "document", uuid.UUID(d.ID).String())
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(plain, &d.Fields); err != nil {
			return nil, fmt.Errorf("store: document: %w", err)
		}
		all = append(all, d.Document)
	}
	return all, nil
}
