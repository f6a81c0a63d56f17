package store

import (
	"context"

	"vhod/keys"
)

// KEK is the key-encryption key in use.
func (db *DB) KEK() keys.KEK { return db.kek }

// Prepare has the engine compile a statement without running it, and tells how
// many placeholders it has.
func (db *DB) Prepare(ctx context.Context, text string) (placeholders int, err error) {
	switch e := db.engine.(type) {
	case *postgres:
		conn, err := e.acquire(ctx)
		if err != nil {
			return 0, err
		}
		defer conn.Release()
		d, err := conn.Conn().Prepare(ctx, "", text)
		if err != nil {
			return 0, err
		}
		return len(d.ParamOIDs), nil
	case *sqlite:
		c, release, err := e.acquire(ctx, true)
		if err != nil {
			return 0, err
		}
		defer release()
		_, err = c.prepare(ctx, e.translate(text).text)
		return 0, err
	}
	panic("an engine without Prepare")
}
