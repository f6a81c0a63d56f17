package store

import (
	"context"

	"vhod/keys"
)

var _ keys.Storage = (*DB)(nil)

// Keys reads every key of the ring, oldest first.
func (db *DB) Keys(ctx context.Context) ([]keys.Record, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT kid, use, alg, generation, sealed, public, created_at, activate_at, retire_at, expire_at
		FROM signing_key ORDER BY created_at, kid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []keys.Record
	for rows.Next() {
		var r keys.Record
		if err := rows.Scan(&r.KID, (*string)(&r.Use), &r.Alg, &r.Generation, &r.Sealed, &r.Public,
			timeTarget{&r.CreatedAt}, timeTarget{&r.ActivateAt}, timeTarget{&r.RetireAt}, timeTarget{&r.ExpireAt}); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// AddKey keeps a new key; false when this generation exists, made by another
// instance.
func (db *DB) AddKey(ctx context.Context, r keys.Record) (bool, error) {
	n, err := db.Q(ctx).Exec(ctx, `INSERT INTO signing_key (kid, use, alg, generation, sealed, public, created_at, activate_at, retire_at, expire_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		r.KID, string(r.Use), r.Alg, r.Generation, r.Sealed, r.Public, r.CreatedAt, r.ActivateAt, r.RetireAt, r.ExpireAt)
	return n == 1, err
}

// UpdateKey keeps a key's new times and sealed form.
func (db *DB) UpdateKey(ctx context.Context, r keys.Record) error {
	n, err := db.Q(ctx).Exec(ctx, `UPDATE signing_key SET sealed = $1, activate_at = $2, retire_at = $3, expire_at = $4 WHERE kid = $5`,
		r.Sealed, r.ActivateAt, r.RetireAt, r.ExpireAt, r.KID)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}
