package store

import (
	"context"

	"vhod/idp"
	"vhod/keys"
)

// rewrapBatch is how many data keys are read at a time.
const rewrapBatch = 500

type accountKey struct {
	bucket  int16
	oid     int64
	wrapped []byte
}

// RewrapAccounts moves the data key of every account to the key-encryption key in
// use now. It may be broken off and run again.
func (db *DB) RewrapAccounts(ctx context.Context) (moved int, err error) {
	last := accountKey{bucket: -1}
	for {
		some, err := db.accountKeys(ctx, last)
		if err != nil || len(some) == 0 {
			return moved, err
		}
		var b Batch
		n := 0
		for _, k := range some {
			wrapped, changed, err := keys.RewrapDataKey(db.kek, k.wrapped, accountAAD(idp.OID(k.oid)))
			if err != nil {
				return moved, err
			}
			if changed {
				n++
				b.Exec(`UPDATE account_key SET wrapped = $1 WHERE bucket = $2 AND account_id = $3 AND wrapped = $4`, wrapped, k.bucket, k.oid, k.wrapped)
			}
		}
		if err := db.Send(ctx, &b); err != nil {
			return moved, err
		}
		moved += n
		last = some[len(some)-1]
	}
}

func (db *DB) accountKeys(ctx context.Context, after accountKey) ([]accountKey, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT bucket, account_id, wrapped FROM account_key
		WHERE bucket > $1 OR (bucket = $2 AND account_id > $3) ORDER BY bucket, account_id LIMIT $4`,
		after.bucket, after.bucket, after.oid, rewrapBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var some []accountKey
	for rows.Next() {
		var k accountKey
		if err := rows.Scan(&k.bucket, &k.oid, &k.wrapped); err != nil {
			return nil, err
		}
		some = append(some, k)
	}
	return some, rows.Err()
}
