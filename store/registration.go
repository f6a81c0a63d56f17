package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Registration is a registration in progress; Data is sealed.
type Registration struct {
	ID        uuid.UUID
	Contact   [16]byte // the blind index of the contact
	Step      string
	Data      string
	Version   int64
	ExpiresAt time.Time
}

// AddRegistration keeps a new registration.
func AddRegistration(r Registration, now time.Time) Write {
	return func(b *Batch) {
		b.Exec(`INSERT INTO registration (registration_id, contact, step, data, version, created_at, expires_at, finished_at)
			VALUES ($1, $2, $3, $4, 1, $5, $6, 0)`, r.ID, r.Contact[:], r.Step, r.Data, now, r.ExpiresAt)
	}
}

// ForwardRegistration leaves, under an id that a registration was known by, only
// where it went on: f is of no contact, so that nothing that belongs to one finds or
// moves it.
func ForwardRegistration(f Registration, now time.Time) Write {
	f.Contact = [16]byte{}
	return func(b *Batch) {
		b.Exec(`INSERT INTO registration (registration_id, contact, step, data, version, created_at, expires_at, finished_at)
			VALUES ($1, $2, $3, $4, 1, $5, $6, 0)
			ON CONFLICT (registration_id) DO UPDATE SET contact = excluded.contact, step = excluded.step, data = excluded.data,
				version = registration.version + 1, expires_at = excluded.expires_at`,
			f.ID, f.Contact[:], f.Step, f.Data, now, f.ExpiresAt)
	}
}

// Registration reads one in progress; ErrNotFound when it is finished, expired or
// never was.
func (db *DB) Registration(ctx context.Context, id uuid.UUID, now time.Time) (*Registration, error) {
	return scanRegistration(db.Q(ctx).QueryRow(ctx, `SELECT registration_id, contact, step, data, version, expires_at FROM registration
		WHERE registration_id = $1 AND finished_at = 0 AND expires_at > $2`, id, now))
}

// maxRegistrations bounds how many of a contact are looked through: more than its
// budget of messages lets begin in a day.
const maxRegistrations = 30

// NewestRegistrations reads those in progress of a contact, the newest first.
func (db *DB) NewestRegistrations(ctx context.Context, contact [16]byte, now time.Time) ([]*Registration, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT registration_id, contact, step, data, version, expires_at FROM registration
		WHERE contact = $1 AND finished_at = 0 AND expires_at > $2
		ORDER BY created_at DESC, registration_id LIMIT $3`, contact[:], now, maxRegistrations)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*Registration
	for rows.Next() {
		r, err := scanRegistration(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// RegistrationBeyond reads the newest one in progress of a contact that is past a
// step.
func (db *DB) RegistrationBeyond(ctx context.Context, contact [16]byte, step string, now time.Time) (*Registration, error) {
	return scanRegistration(db.Q(ctx).QueryRow(ctx, `SELECT registration_id, contact, step, data, version, expires_at FROM registration
		WHERE contact = $1 AND step <> $2 AND finished_at = 0 AND expires_at > $3
		ORDER BY created_at DESC, registration_id LIMIT 1`, contact[:], step, now))
}

func scanRegistration(row Row) (*Registration, error) {
	var r Registration
	var contact []byte
	if err := row.Scan(&r.ID, &contact, &r.Step, &r.Data, &r.Version, timeTarget{&r.ExpiresAt}); err != nil {
		return nil, err
	}
	if copy(r.Contact[:], contact) != len(r.Contact) {
		return nil, errors.New("store: contact of a registration is not 16 bytes")
	}
	return &r, nil
}

// MoveRegistration keeps a registration's next step, under the id it has or
// another: who knows the old one alone is then left behind. Data is bound to the
// new id. ErrStale: another tab was first, or it is finished; nothing is kept and
// r is as before.
func (db *DB) MoveRegistration(ctx context.Context, r *Registration, to Registration, writes ...Write) error {
	var b Batch
	b.Exec(`UPDATE registration SET registration_id = $1, step = $2, data = $3, version = $4, expires_at = $5
		WHERE registration_id = $6 AND contact = $7 AND version = $8 AND finished_at = 0`, to.ID, to.Step, to.Data, r.Version+1, to.ExpiresAt, r.ID, r.Contact[:], r.Version)
	// Sealed data is never the same twice: only this attempt can have left it.
	b.Require(`SELECT 1 FROM registration WHERE registration_id = $1 AND version = $2 AND data = $3`, to.ID, r.Version+1, to.Data)
	b.Add(writes...)
	if err := db.Send(ctx, &b); err != nil {
		return err
	}
	to.Contact, to.Version = r.Contact, r.Version+1
	*r = to
	return nil
}

// FinishRegistration ends a registration within the batch that makes its account;
// the batch fails with ErrStale when it was finished before. Nothing personal is
// left of it.
func FinishRegistration(r *Registration, now time.Time) Write {
	return func(b *Batch) {
		// Takes the row's lock first: the condition then sees what a rival has
		// committed, who leaves the same state as this attempt would.
		b.Exec(`UPDATE registration SET version = version + 1 WHERE registration_id = $1`, r.ID)
		b.Require(`SELECT 1 FROM registration WHERE registration_id = $1 AND contact = $2 AND finished_at = 0`, r.ID, r.Contact[:])
		b.Exec(`UPDATE registration SET finished_at = $1, data = '' WHERE registration_id = $2 AND finished_at = 0`, now, r.ID)
	}
}
