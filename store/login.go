package store

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/keys"
)

// AccountByIdentifier finds whose an identifier is: the first of the values that is
// stored decides. One round trip.
func (db *DB) AccountByIdentifier(ctx context.Context, values []keys.BlindIndex) (idp.OID, error) {
	var oid int64
	var b Batch
	for _, v := range values {
		b.QueryRow(`SELECT account_id FROM identifier WHERE bidx = $1`, []any{v.Value[:]}, func(row Row) error {
			var found int64
			err := row.Scan(&found)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if oid == 0 {
				oid = found
			}
			return err
		})
	}
	if err := db.Send(ctx, &b); err != nil {
		return 0, err
	}
	if oid == 0 {
		return 0, ErrNotFound
	}
	return idp.OID(oid), nil
}

// LoginState is what a first proof is checked against.
type LoginState struct {
	// Subject is nil when there is no such account.
	Subject     *Subject
	Credentials []idp.Credential
}

// BeginLogin reads an account with what a method keeps for it, in one round trip
// with reserve, which counts the try before it is made. The zero oid reads
// nothing with the same work.
func (db *DB) BeginLogin(ctx context.Context, oid idp.OID, clientID string, ref *SessionRef, kind idp.CredentialKind, reserve Write) (*LoginState, error) {
	var state LoginState
	var b Batch
	b.Add(reserve)
	b.QueryRow(subjectByOID, subjectArgs(oid, clientID, ref), func(row Row) error {
		s, err := db.scanSubject(row, clientID)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		state.Subject = s
		return err
	})
	b.Query(`SELECT credential_id, kind, name, data, counter, created_at, used_at FROM credential
		WHERE bucket = $1 AND account_id = $2 AND kind = $3 ORDER BY created_at, credential_id`,
		[]any{int16(oid.Bucket()), int64(oid), string(kind)}, func(rows Rows) error {
			var err error
			state.Credentials, err = scanCredentials(rows)
			return err
		})
	if err := db.Send(ctx, &b); err != nil {
		return nil, err
	}
	if state.Subject == nil {
		return &state, nil
	}
	return &state, state.Subject.openCredentials(state.Credentials)
}

// Credentials reads what a method keeps for the subject, oldest first.
func (db *DB) Credentials(ctx context.Context, s *Subject, kind idp.CredentialKind) ([]idp.Credential, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT credential_id, kind, name, data, counter, created_at, used_at FROM credential
		WHERE bucket = $1 AND account_id = $2 AND kind = $3 ORDER BY created_at, credential_id`,
		int16(s.Account.OID.Bucket()), int64(s.Account.OID), string(kind))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all, err := scanCredentials(rows)
	if err != nil {
		return nil, err
	}
	return all, s.openCredentials(all)
}

func scanCredentials(rows Rows) ([]idp.Credential, error) {
	var all []idp.Credential
	for rows.Next() {
		var c idp.Credential
		var id uuid.UUID
		if err := rows.Scan(&id, (*string)(&c.Kind), &c.Name, &c.Data, &c.Counter, timeTarget{&c.CreatedAt}, timeTarget{&c.UsedAt}); err != nil {
			return nil, err
		}
		c.ID = id
		all = append(all, c)
	}
	return all, rows.Err()
}

func (s *Subject) openCredentials(all []idp.Credential) error {
	for i, c := range all {
		plain, err := s.open(c.Data, "credential", uuid.UUID(c.ID).String())
		if err != nil {
			return err
		}
		all[i].Data = plain
	}
	return nil
}

// SetCredential keeps a credential of the subject, new or changed.
func (s *Subject) SetCredential(c idp.Credential) Write {
	data := s.seal(c.Data, "credential", uuid.UUID(c.ID).String())
	return func(b *Batch) {
		b.Exec(`INSERT INTO credential (bucket, account_id, credential_id, kind, name, data, counter, created_at, used_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (bucket, account_id, credential_id) DO UPDATE
			SET name = excluded.name, data = excluded.data, counter = excluded.counter, used_at = excluded.used_at`,
			int16(s.Account.OID.Bucket()), int64(s.Account.OID), c.ID, string(c.Kind), c.Name, data, c.Counter, c.CreatedAt, c.UsedAt)
	}
}
