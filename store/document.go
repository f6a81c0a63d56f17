package store

import (
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
