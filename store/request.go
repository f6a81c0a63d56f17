package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// StoreRequest keeps a sealed request that is too long for an address line.
func (db *DB) StoreRequest(ctx context.Context, id uuid.UUID, data []byte, expires time.Time) error {
	_, err := db.Q(ctx).Exec(ctx, `INSERT INTO stored_request (request_id, data, expires_at) VALUES ($1, $2, $3)`, id, data, expires)
	return err
}

// StoredRequest reads a sealed request that has not expired.
func (db *DB) StoredRequest(ctx context.Context, id uuid.UUID, now time.Time) ([]byte, error) {
	var data []byte
	err := db.Q(ctx).QueryRow(ctx, `SELECT data FROM stored_request WHERE request_id = $1 AND expires_at > $2`, id, now).Scan(&data)
	return data, err
}
