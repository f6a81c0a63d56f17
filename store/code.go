package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Code is a code sent to a person, with the keyed hashes of its digits and of
// its link.
type Code struct {
	ID        uuid.UUID
	Purpose   string
	Subject   [16]byte
	CodeMAC   []byte
	LinkMAC   []byte    // empty without a link
	CodeUntil time.Time // until when the digits are good
	ExpiresAt time.Time // until when the link is good; CodeUntil without one
}

// codeTries is how often a code may be entered (R-REG-3).
const codeTries = 3

// AddCode keeps a new code and spends the earlier ones of the same purpose and
// subject.
func AddCode(c Code, now time.Time) Write {
	return func(b *Batch) {
		b.Exec(`UPDATE code SET spent_at = $1 WHERE subject = $2 AND purpose = $3 AND spent_at = 0`, now, c.Subject[:], c.Purpose)
		b.Exec(`INSERT INTO code (code_id, purpose, subject, code_mac, link_mac, tries, created_at, code_until, expires_at, spent_at)
			VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, 0)`,
			c.ID, c.Purpose, c.Subject[:], c.CodeMAC, c.LinkMAC, now, c.CodeUntil, c.ExpiresAt)
	}
}

// LastCode finds the newest code of a purpose and subject that can still be entered,
// and when it was made.
func (db *DB) LastCode(ctx context.Context, purpose string, subject [16]byte, now time.Time) (id uuid.UUID, at time.Time, err error) {
	err = db.Q(ctx).QueryRow(ctx, `SELECT code_id, created_at FROM code
		WHERE subject = $1 AND purpose = $2 AND spent_at = 0 AND tries < $3 AND code_until > $4
		ORDER BY created_at DESC LIMIT 1`, subject[:], purpose, codeTries, now).Scan(&id, timeTarget{&at})
	return id, at, err
}

// TryCode enters a code: right, and spent, or the number of tries left. The two
// hashes are of the digits entered, under the current and the former key. One
// statement: a code is right once, whoever else enters it at the same time.
// ErrNotFound: there is no such code, or it is spent, expired or out of tries.
func (db *DB) TryCode(ctx context.Context, id uuid.UUID, purpose string, subject [16]byte, current, former []byte, now time.Time) (right bool, left int, err error) {
	var tries int
	var spent int64
	err = db.Q(ctx).QueryRow(ctx, `UPDATE code SET tries = tries + 1,
			spent_at = CASE WHEN code_mac = $1 OR code_mac = $2 THEN CAST($3 AS BIGINT) ELSE spent_at END
		WHERE code_id = $4 AND purpose = $5 AND subject = $6 AND spent_at = 0 AND tries < $7 AND code_until > $8
		RETURNING tries, spent_at`,
		current, former, now, id, purpose, subject[:], codeTries, now).Scan(&tries, &spent)
	if err != nil {
		return false, 0, err
	}
	return spent != 0, codeTries - tries, nil
}

// SpendLink spends a code by its link and tells whose it is. ErrNotFound: used,
// too old or not ours.
func (db *DB) SpendLink(ctx context.Context, id uuid.UUID, purpose string, current, former []byte, now time.Time) (subject [16]byte, err error) {
	var raw []byte
	err = db.Q(ctx).QueryRow(ctx, `UPDATE code SET spent_at = $1
		WHERE code_id = $2 AND purpose = $3 AND spent_at = 0 AND expires_at > $4 AND (link_mac = $5 OR link_mac = $6)
		RETURNING subject`, now, id, purpose, now, current, former).Scan(&raw)
	if err != nil {
		return subject, err
	}
	if copy(subject[:], raw) != len(subject) {
		return subject, errors.New("store: subject of a code is not 16 bytes")
	}
	return subject, nil
}
