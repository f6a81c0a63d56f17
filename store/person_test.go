package store_test

import (
	"errors"
	"slices"
	"testing"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

func TestManyPeopleAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		now := clock.Now()
		index := func(n byte) []keys.BlindIndex { return []keys.BlindIndex{{Version: 1, Value: [16]byte{n}}} }
		draft := func(n byte) store.NewPerson {
			return store.NewPerson{
				Account:     idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
				Profile:     idp.Profile{Surname: "Тестов", Name: string('a' + rune(n))},
				Identifiers: []store.Identifier{{Kind: idp.IdentifierEmail, Values: index(n)}},
			}
		}
		allowed := func(s *store.Subject) ([]store.Write, error) {
			return []store.Write{store.SetConsent(s.Account.OID, idp.Consent{ClientID: "bank", Scopes: []string{"openid", "email"}}, now)}, nil
		}
		if err := db.AddPeople(t.Context(), []store.NewPerson{draft(1), draft(2), draft(3)}, now, allowed); err != nil {
			t.Fatal(err)
		}
		for n := byte(1); n <= 3; n++ {
			oid, err := db.AccountByIdentifier(t.Context(), index(n))
			if err != nil {
				t.Fatal(err)
			}
			s, err := db.SubjectByOID(t.Context(), oid, "bank", nil)
			if err != nil || s.Profile.Name != string('a'+rune(n)) || !slices.Equal(s.Consent.Scopes, []string{"openid", "email"}) {
				t.Errorf("person %d: %+v, %v", n, s, err)
			}
		}

		t.Log("all or none")
		err := db.AddPeople(t.Context(), []store.NewPerson{draft(4), draft(1)}, now, nil)
		if !errors.Is(err, store.ErrConflict) || store.ConflictTable(err) != "identifier" {
			t.Errorf("an identifier of another: %v", err)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM account"); n != 3 {
			t.Errorf("%d accounts, want 3", n)
		}
	})
}
