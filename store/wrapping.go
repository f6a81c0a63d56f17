package store

import (
	"context"

	"vhod/idp"
	"vhod/keys"
)

// Wrapping is how many accounts have their data key under one key-encryption key.
type Wrapping struct {
	KEK      string // its id
	Accounts int64
	// Opens tells whether the key-encryption keys at hand opened one of them.
	Opens bool
}

// Wrappings tells which key-encryption keys the accounts' data keys are under. It
// reads all of them.
func (db *DB) Wrappings(ctx context.Context) ([]Wrapping, error) {
	// A wrapped key begins with a version, the length of the id and the id.
	rows, err := db.Q(ctx).Query(ctx, `SELECT DISTINCT substr(wrapped, 1, 2) FROM account_key`)
	if err != nil {
		return nil, err
	}
	var heads [][]byte
	for rows.Next() {
		var head []byte
		if err := rows.Scan(&head); err != nil {
			rows.Close()
			return nil, err
		}
		heads = append(heads, head)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var all []Wrapping
	for _, head := range heads {
		some, err := db.wrappings(ctx, head)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// wrappings are those whose wrapped keys begin alike.
func (db *DB) wrappings(ctx context.Context, head []byte) ([]Wrapping, error) {
	length := len(head)
	if length == 2 {
		length += int(head[1])
	}
	rows, err := db.Q(ctx).Query(ctx, `SELECT substr(wrapped, 1, $1) AS named, COUNT(*), MIN(account_id) FROM account_key
		WHERE substr(wrapped, 1, 2) = $2 GROUP BY named`, length, head)
	if err != nil {
		return nil, err
	}
	var all []Wrapping
	var samples []idp.OID
	for rows.Next() {
		var named []byte
		var w Wrapping
		var sample int64
		if err := rows.Scan(&named, &w.Accounts, &sample); err != nil {
			rows.Close()
			return nil, err
		}
		w.KEK = string(named[min(2, len(named)):])
		all, samples = append(all, w), append(samples, idp.OID(sample))
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i, oid := range samples {
		var wrapped []byte
		if err := db.Q(ctx).QueryRow(ctx, `SELECT wrapped FROM account_key WHERE bucket = $1 AND account_id = $2`,
			int16(oid.Bucket()), int64(oid)).Scan(&wrapped); err != nil {
			return nil, err
		}
		_, err := keys.OpenDataKey(db.kek, wrapped, accountAAD(oid))
		all[i].Opens = err == nil
	}
	return all, nil
}
