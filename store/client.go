package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vhod/idp"
)

// Clients reads the services changed at or after a moment, oldest change first.
func (db *DB) Clients(ctx context.Context, since time.Time) ([]*idp.Client, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT client_id, secret_hash, status, metadata, created_at, updated_at
		FROM client WHERE updated_at >= $1 ORDER BY updated_at, client_id`, since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*idp.Client
	for rows.Next() {
		c, err := scanClient(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// Client reads one service.
func (db *DB) Client(ctx context.Context, id string) (*idp.Client, error) {
	return scanClient(db.Q(ctx).QueryRow(ctx, `SELECT client_id, secret_hash, status, metadata, created_at, updated_at
		FROM client WHERE client_id = $1`, id))
}

func scanClient(row Row) (*idp.Client, error) {
	var c idp.Client
	var id, metadata string
	if err := row.Scan(&id, &c.SecretHash, (*string)(&c.Status), &metadata, timeTarget{&c.CreatedAt}, timeTarget{&c.UpdatedAt}); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(metadata), &c); err != nil {
		return nil, fmt.Errorf("store: metadata of client: %w", err)
	}
	c.ID = id
	return &c, nil
}

// AddClient keeps a new service; ErrConflict when the id is taken.
func (db *DB) AddClient(ctx context.Context, c *idp.Client, writes ...Write) error {
	metadata, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("store: metadata of client: %w", err)
	}
	var b Batch
	b.Exec(`INSERT INTO client (client_id, secret_hash, status, metadata, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.ID, c.SecretHash, string(c.Status), string(metadata), c.CreatedAt, c.UpdatedAt)
	b.Add(writes...)
	return db.Send(ctx, &b)
}

// UpdateClient keeps a service's new metadata, secret and status; ErrStale when
// it was changed since c was read, for which before is the updated_at read.
func (db *DB) UpdateClient(ctx context.Context, c *idp.Client, before time.Time, writes ...Write) error {
	metadata, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("store: metadata of client: %w", err)
	}
	var b Batch
	b.Exec(`UPDATE client SET secret_hash = $1, status = $2, metadata = $3, updated_at = $4 WHERE client_id = $5 AND updated_at = $6`,
		c.SecretHash, string(c.Status), string(metadata), c.UpdatedAt, c.ID, before)
	b.Require(`SELECT 1 FROM client WHERE client_id = $1 AND updated_at = $2 AND metadata = $3 AND status = $4 AND secret_hash = $5`,
		c.ID, c.UpdatedAt, string(metadata), string(c.Status), c.SecretHash)
	b.Add(writes...)
	return db.Send(ctx, &b)
}
