package oauth

import (
	"testing"
	"time"

	"vhod/idp"
)

// TestClaimsAgreeWithConsent: what the page of consent says to be in the account is
// what the service is told, and nothing else.
func TestClaimsAgreeWithConsent(t *testing.T) {
	t.Parallel()
	full := &idp.Subject{
		Account: idp.Account{Level: idp.LevelStandard, Lang: "ru"},
		Profile: idp.Profile{
			Surname: "Тестов", Name: "Иван", BirthDate: "1990-12-31", Gender: "male", Birthplace: "Москва", Citizenship: "RUS", Address: "Москва",
			Phone: "+79990000001", Email: "a@example.com", SNILS: "11223344595", INN: "500100732259", UpdatedAt: time.Unix(1, 0),
		},
	}
	bare := &idp.Subject{Account: full.Account, Profile: idp.Profile{Surname: "Тестов", Name: "Иван"}}
	passport, other := []idp.Document{{Type: idp.DocumentPassport}}, []idp.Document{{Type: idp.DocumentMilitary}}
	for scope := range claimNames {
		for name, c := range map[string]struct {
			s         *idp.Subject
			documents []idp.Document
		}{"full": {full, passport}, "bare": {bare, nil}, "of another document": {bare, other}} {
			told := claimsOf(c.s, c.documents, []string{scope})
			if c.s.Holds(scope, c.documents) != (len(told) > 0) {
				t.Errorf("%s, %s: told %v", name, scope, told)
			}
		}
	}
}
