package main

import (
	"context"
	"time"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

// setStatus changes whether an account may be used; store.ErrStale when it is not
// in the state from.
func setStatus(oid idp.OID, from, to idp.AccountStatus, now time.Time) store.Write {
	return func(b *store.Batch) {
		bucket := int16(oid.Bucket())
		b.Require(`SELECT 1 FROM account WHERE bucket = $1 AND account_id = $2 AND status = $3`, bucket, int64(oid), string(from))
		b.Exec(`UPDATE account SET status = $1, updated_at = $2 WHERE bucket = $3 AND account_id = $4 AND status = $5`,
			string(to), now, bucket, int64(oid), string(from))
	}
}

// rewrapBatch is how many data keys are read at a time.
const rewrapBatch = 500

type accountKey struct {
	bucket  int16
	oid     int64
	wrapped []byte
}

// rewrapAccounts moves the data key of every account to the key-encryption key in
// use now. It may be broken off and run again.
func rewrapAccounts(ctx context.Context, db *store.DB, kek keys.KEK) (moved int, err error) {
	last := accountKey{bucket: -1}
	for {
		some, err := accountKeys(ctx, db, last)
		if err != nil || len(some) == 0 {
			return moved, err
		}
		var b store.Batch
		n := 0
		for _, k := range some {
			// What the store binds the key to: the account.
			wrapped, changed, err := keys.RewrapDataKey(kek, k.wrapped, []byte("account_key\x00"+idp.OID(k.oid).String()))
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

func accountKeys(ctx context.Context, db *store.DB, after accountKey) ([]accountKey, error) {
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
