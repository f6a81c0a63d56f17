package store

import (
	"time"

	"github.com/google/uuid"
)

// StillActing is the condition of a change that a signed-in person makes: nothing has
// secured the account since it was read, and the session is alive. ErrStale when not.
func (s *Subject) StillActing(session uuid.UUID, now time.Time) Write {
	return func(b *Batch) {
		bucket, oid := int16(s.Account.OID.Bucket()), int64(s.Account.OID)
		// Writing first makes rivals wait for the row: see Secure.
		b.Exec(`UPDATE account SET updated_at = $1 WHERE bucket = $2 AND account_id = $3`, now, bucket, oid)
		b.Require(`SELECT 1 FROM account WHERE bucket = $1 AND account_id = $2 AND status = 'active' AND security_version = $3`, bucket, oid, s.Account.SecurityVersion)
		s.SignedIn(session, now)(b)
	}
}

// SignedIn is the condition that a session of the account is alive: for a write beside
// Secure, which itself asks for the rest. ErrStale when not.
func (s *Subject) SignedIn(session uuid.UUID, now time.Time) Write {
	return func(b *Batch) {
		b.Require(`SELECT 1 FROM session WHERE bucket = $1 AND session_id = $2 AND account_id = $3 AND ended_at = 0 AND expires_at > $4`,
			int16(s.Account.OID.Bucket()), session, int64(s.Account.OID), now)
	}
}
