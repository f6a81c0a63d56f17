package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/keys"
)

// NewPerson is an account to be made.
type NewPerson struct {
	Account idp.Account // without OID: it is given here
	Profile idp.Profile
	// Identifiers are what the account is found by: the values under every index
	// key in use.
	Identifiers []Identifier
	Credentials []idp.Credential
	Agreements  []idp.Agreement
	Documents   []idp.Document
}

// Identifier is one thing an account is found by.
type Identifier struct {
	Kind   idp.IdentifierKind
	Values []keys.BlindIndex
}

// AddPerson makes an account with all that belongs to it, in one round trip. also
// is given the new account and adds what is kept with it. ErrConflict with
// ConflictTable "identifier": an identifier belongs to another account.
func (db *DB) AddPerson(ctx context.Context, p NewPerson, now time.Time, also func(*Subject) ([]Write, error)) (*Subject, error) {
	for range 3 {
		s, err := db.addPerson(ctx, p, now, also)
		if err == nil || ConflictTable(err) != "account" {
			return s, err
		}
		// The number was taken: with a tenth of the range in use, one in ten.
	}
	return nil, fmt.Errorf("store: no free account number: %w", ErrConflict)
}

func (db *DB) addPerson(ctx context.Context, p NewPerson, now time.Time, also func(*Subject) ([]Write, error)) (*Subject, error) {
	var b Batch
	s, err := db.person(&b, p, now, also)
	if err != nil {
		return nil, err
	}
	return s, db.Send(ctx, &b)
}

// AddPeople makes many accounts in one round trip, all or none; as AddPerson
// otherwise. A few hundred at a time cost far less than each by itself.
func (db *DB) AddPeople(ctx context.Context, people []NewPerson, now time.Time, also func(*Subject) ([]Write, error)) error {
	for range 3 {
		var b Batch
		for _, p := range people {
			if _, err := db.person(&b, p, now, also); err != nil {
				return err
			}
		}
		if err := db.Send(ctx, &b); err == nil || ConflictTable(err) != "account" {
			return err
		}
	}
	return fmt.Errorf("store: no free account numbers: %w", ErrConflict)
}

// person adds an account under a new number to a batch.
func (db *DB) person(b *Batch, p NewPerson, now time.Time, also func(*Subject) ([]Write, error)) (*Subject, error) {
	s := &Subject{Subject: idp.Subject{Account: p.Account, Profile: p.Profile}, profileVersion: 1}
	a := &s.Account
	a.OID = idp.MinOID + idp.OID(rand.Int64N(int64(idp.MaxOID-idp.MinOID))) //nolint:gosec // a number, not a secret
	a.SecurityVersion, a.CreatedAt = 1, now
	key, wrapped, err := keys.NewDataKey(db.kek, accountAAD(a.OID))
	if err != nil {
		return nil, fmt.Errorf("store: key of account: %w", err)
	}
	s.key = key
	profile, err := s.sealProfile()
	if err != nil {
		return nil, err
	}
	bucket, oid := int16(a.OID.Bucket()), int64(a.OID)
	b.Exec(`INSERT INTO account (bucket, account_id, kind, level, status, security_version, second_factor, lang, profile, profile_version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		bucket, oid, string(a.Kind), int16(a.Level), string(a.Status), a.SecurityVersion, string(a.SecondFactor), a.Lang, profile, s.profileVersion, now, now)
	b.Exec(`INSERT INTO account_key (bucket, account_id, wrapped, created_at) VALUES ($1, $2, $3, $4)`, bucket, oid, wrapped, now)
	for _, i := range p.Identifiers {
		b.Add(addIdentifier(a.OID, i, now))
	}
	for _, c := range p.Credentials {
		b.Add(s.SetCredential(c))
	}
	for _, g := range p.Agreements {
		b.Exec(`INSERT INTO agreement (bucket, account_id, kind, version, accepted_at) VALUES ($1, $2, $3, $4, $5)`,
			bucket, oid, string(g.Kind), g.Version, g.AcceptedAt)
	}
	for _, d := range p.Documents {
		w, err := s.addDocument(d)
		if err != nil {
			return nil, err
		}
		b.Add(w)
	}
	if also != nil {
		writes, err := also(s)
		if err != nil {
			return nil, err
		}
		b.Add(writes...)
	}
	return s, nil
}

// addIdentifier keeps an identifier under every index key in use, so that it
// stays unique while keys rotate.
func addIdentifier(oid idp.OID, i Identifier, now time.Time) Write {
	return func(b *Batch) {
		for _, v := range i.Values {
			b.Exec(`INSERT INTO identifier (bidx, kind, key_version, bucket, account_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
				v.Value[:], string(i.Kind), v.Version, int16(oid.Bucket()), int64(oid), now)
		}
	}
}

func (s *Subject) addDocument(d idp.Document) (Write, error) {
	fields, err := json.Marshal(d.Fields)
	if err != nil {
		return nil, fmt.Errorf("store: document: %w", err)
	}
	sealed := s.seal(fields, "document", uuid.UUID(d.ID).String())
	return func(b *Batch) {
		b.Exec(`INSERT INTO document (bucket, account_id, document_id, type, fields, source, created_at, replaced_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			int16(s.Account.OID.Bucket()), int64(s.Account.OID), d.ID, string(d.Type), sealed, d.Source, d.CreatedAt, d.ReplacedAt)
	}, nil
}

func (s *Subject) sealProfile() ([]byte, error) {
	plain, err := json.Marshal(s.Profile)
	if err != nil {
		return nil, fmt.Errorf("store: profile of account: %w", err)
	}
	return s.key.Seal(plain, profileAAD(s.Account.OID, s.profileVersion)...), nil
}
