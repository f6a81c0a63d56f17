package store

import (
	"context"
	"time"
)

// SpendAssertion notes that a client's assertion was used (RFC 7523 §3). One
// round trip: the insert is the check. ErrConflict: it was used before. A jti is
// unique for its client alone.
func (db *DB) SpendAssertion(ctx context.Context, clientID string, jtiHash []byte, expires time.Time) error {
	_, err := db.Q(ctx).Exec(ctx, `INSERT INTO client_assertion (client_id, jti_hash, expires_at) VALUES ($1, $2, $3)`, clientID, jtiHash, expires)
	return err
}
