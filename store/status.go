package store

import (
	"time"

	"vhod/idp"
)

// SetStatus changes whether an account may be used; ErrStale when it is not
// in the state from.
func SetStatus(oid idp.OID, from, to idp.AccountStatus, now time.Time) Write {
	return func(b *Batch) {
		bucket := int16(oid.Bucket())
		// Writing first makes rivals wait for the row: see Secure.
		b.Exec(`UPDATE account SET updated_at = $1 WHERE bucket = $2 AND account_id = $3`, now, bucket, int64(oid))
		b.Require(`SELECT 1 FROM account WHERE bucket = $1 AND account_id = $2 AND status = $3`, bucket, int64(oid), string(from))
		b.Exec(`UPDATE account SET status = $1, updated_at = $2 WHERE bucket = $3 AND account_id = $4 AND status = $5`,
			string(to), now, bucket, int64(oid), string(from))
	}
}
