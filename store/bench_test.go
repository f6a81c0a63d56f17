package store_test

import (
	"context"
	"testing"

	"vhod/store"
	"vhod/store/storetest"
)

// BenchmarkSpend measures a read, a conditional write and a batch.
func BenchmarkSpend(b *testing.B) {
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		db, _ := storetest.Open(b, engine)
		ctx := b.Context()
		for _, statement := range []string{
			"CREATE TABLE coin (coin_id BIGINT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, spent BIGINT NOT NULL)",
			"CREATE TABLE IF NOT EXISTS guard (holds BOOLEAN NOT NULL, CONSTRAINT guard_holds CHECK (holds))",
			"INSERT INTO coin (coin_id, owner, spent) VALUES (1, 'a', 0)",
		} {
			if _, err := db.Q(ctx).Exec(ctx, statement); err != nil {
				b.Fatal(err)
			}
		}
		n := int64(0)
		for name, fn := range map[string]func() error{
			"read": func() error {
				var owner string
				return db.Q(ctx).QueryRow(ctx, "SELECT owner FROM coin WHERE coin_id = $1", 1).Scan(&owner)
			},
			"write": func() error {
				n++
				var spent int64
				return db.Q(ctx).QueryRow(ctx, "UPDATE coin SET spent = $1 WHERE coin_id = $2 RETURNING spent", n, 1).Scan(&spent)
			},
			"batch": func() error {
				n++
				var batch store.Batch
				batch.Exec("UPDATE coin SET spent = $1 WHERE coin_id = $2", n, 1)
				batch.Require("SELECT 1 FROM coin WHERE coin_id = $1 AND spent = $2", 1, n)
				batch.Exec("UPDATE coin SET owner = $1 WHERE coin_id = $2", "b", 1)
				return db.Send(ctx, &batch)
			},
			"transaction": func() error {
				n++
				return db.Tx(ctx, func(ctx context.Context) error {
					_, err := db.Q(ctx).Exec(ctx, "UPDATE coin SET spent = $1 WHERE coin_id = $2", n, 1)
					return err
				})
			},
		} {
			b.Run(engine+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if err := fn(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
