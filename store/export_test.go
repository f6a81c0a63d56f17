package store

import (
	"context"

	"vhod/keys"
)

// KEK is the key-encryption key in use.
func (db *DB) KEK() keys.KEK { return db.kek }

// Prepare has the engine compile a statement without running it.
func (db *DB) Prepare(ctx context.Context, text string) error {
	switch e := db.engine.(type) {
	case *postgres:
		conn, err := e.acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		_, err = conn.Conn().Prepare(ctx, "", text)
		return err
	case *sqlite:
		c, release, err := e.acquire(ctx, true)
		if err != nil {
			return err
		}
		defer release()
		_, err = c.prepare(ctx, e.translate(text).text)
		return err
	}
	panic("an engine without Prepare")
}
