package store_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

func kekLine(id string) string {
	return id + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id, 32)[:32])) + "\n"
}

// TestRewrapAccounts moves every account, more than are read at a time, to a new
// key-encryption key and opens them with that alone.
func TestRewrapAccounts(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dsn, clock := storetest.DSN(t, engine), storetest.NewClock()
			open := func(lines string) *store.DB {
				t.Helper()
				kek, err := keys.ParseKEK(lines)
				if err != nil {
					t.Fatal(err)
				}
				db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: clock.Now, KEK: kek})
				if err != nil {
					t.Fatal(err)
				}
				return db
			}
			old := open(kekLine("old"))
			if err := old.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			const accounts = 507 // more than are read at a time
			oids := map[idp.OID]bool{}
			err := old.Tx(t.Context(), func(ctx context.Context) error {
				for range accounts {
					s, err := old.AddPerson(ctx, store.NewPerson{
						Account: idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
						Profile: idp.Profile{Surname: "Тестов"},
					}, clock.Now(), nil)
					if err != nil {
						return err
					}
					oids[s.Account.OID] = true
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			old.Close()

			both := open(kekLine("new") + kekLine("old"))
			if moved, err := both.RewrapAccounts(t.Context()); err != nil || moved != accounts {
				t.Fatalf("%d moved, want %d: %v", moved, accounts, err)
			}
			if moved, err := both.RewrapAccounts(t.Context()); err != nil || moved != 0 {
				t.Fatalf("%d moved again: %v", moved, err)
			}
			both.Close()

			now := open(kekLine("new"))
			defer now.Close()
			for oid := range oids {
				if s, err := now.SubjectByOID(t.Context(), oid, "", nil); err != nil || s.Profile.Surname != "Тестов" {
					t.Fatalf("an account does not open any more: %v", err)
				}
			}
		})
	}
}

// TestSetStatus changes the state once; the second has come too late.
func TestSetStatus(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, err := db.AddPerson(t.Context(), store.NewPerson{
			Account: idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
		}, clock.Now(), nil)
		if err != nil {
			t.Fatal(err)
		}
		oid := s.Account.OID
		block := func() error {
			return db.Write(t.Context(), store.SetStatus(oid, idp.StatusActive, idp.StatusBlocked, clock.Now()))
		}
		if err := block(); err != nil {
			t.Fatal(err)
		}
		if err := block(); !errors.Is(err, store.ErrStale) {
			t.Errorf("the second time: %v", err)
		}
		if s, err = db.SubjectByOID(t.Context(), oid, "", nil); err != nil || s.Account.Status != idp.StatusBlocked {
			t.Errorf("status %s, %v", s.Account.Status, err)
		}
	})
}
