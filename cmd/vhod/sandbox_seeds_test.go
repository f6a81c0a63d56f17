package main

import (
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/identifier"
	"vhod/idp/password"
)

// TestSeeds checks what people type against the rules for people.
func TestSeeds(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, d := range append(seeds(), draft{number: firstMade, level: idp.LevelConfirmed, surname: "Тестов", name: "Новый", phone: true, email: true}, draft{number: lastMade, level: idp.LevelStandard, surname: "Тестов", name: "Новый", phone: true}) {
		p := d.profile(time.Date(2026, time.November, 5, 12, 0, 0, 0, time.UTC))
		name := p.FullName()
		for kind, value := range d.identifiers() {
			if other := seen[string(kind)+value]; other != "" {
				t.Errorf("%s and %s share %s %s", name, other, kind, value)
			}
			seen[string(kind)+value] = name
			if kind != idp.IdentifierPassport && !readsAs(value, kind) {
				t.Errorf("%s: %s %s is not what it should be", name, kind, value)
			}
		}
		readings := identifier.ParseLogin(d.login())
		if len(readings) == 0 || d.identifiers()[readings[0].Kind] != readings[0].Value {
			t.Errorf("%s signs in as %q, which reads as %v", name, d.login(), readings)
		}
		for _, part := range []string{d.surname, d.name, d.patronymic} {
			if _, err := identifier.ParseName(part); part != "" && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if broken := password.Citizen().Check(sandboxPassword, p.Surname, p.Name, p.Patronymic, p.BirthDate, p.Phone, p.Email, p.SNILS, p.INN); len(broken) > 0 {
			t.Errorf("%s: the password breaks %v", name, broken)
		}
		if (p.SNILS != "") != (d.level >= idp.LevelStandard) {
			t.Errorf("%s: СНИЛС %q at level %s", name, p.SNILS, d.level)
		}
		if d.secondFactor && !d.phone {
			t.Errorf("%s: SMS without a phone", name)
		}
		if d.number < firstMade && (d.note["ru"] == "" || d.note["en"] == "") {
			t.Errorf("%s: no note", name)
		}
	}
}

func readsAs(value string, kind idp.IdentifierKind) bool {
	for _, r := range identifier.ParseLogin(value) {
		if r.Kind == kind && r.Value == value {
			return true
		}
	}
	return false
}

// TestSeedsShowEachSituation names the situations that tests look for.
func TestSeedsShowEachSituation(t *testing.T) {
	t.Parallel()
	for situation, is := range map[string]func(draft) bool{
		"simplified by phone, second factor": func(d draft) bool {
			return d.level == idp.LevelSimplified && d.phone && d.secondFactor
		},
		"simplified by e-mail only": func(d draft) bool { return d.level == idp.LevelSimplified && !d.phone && d.email },
		"without second factor":     func(d draft) bool { return d.level == idp.LevelSimplified && d.phone && !d.secondFactor },
		"standard":                  func(d draft) bool { return d.level == idp.LevelStandard },
		"confirmed":                 func(d draft) bool { return d.level == idp.LevelConfirmed && d.status == "" },
		"blocked":                   func(d draft) bool { return d.status == idp.StatusBlocked },
		"confirmed without a phone": func(d draft) bool { return d.level == idp.LevelConfirmed && !d.phone },
		"many sessions":             func(d draft) bool { return d.sessions > 5 },
		"in English":                func(d draft) bool { return d.lang == "en" },
		"without patronymic":        func(d draft) bool { return d.patronymic == "" },
	} {
		found := false
		for _, d := range seeds() {
			found = found || is(d)
		}
		if !found {
			t.Errorf("nobody is %s", situation)
		}
	}
}

// TestSeededPeople reads the people back from the database.
func TestSeededPeople(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	people := s.people.list()
	for i, d := range seeds() {
		oid, err := s.people.oid(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		subject, err := s.db.SubjectByOID(t.Context(), oid, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if people[i].OID != oid.String() || people[i].Name != subject.Profile.FullName() || people[i].Level != subject.Account.Level.String() {
			t.Errorf("the list has %+v, the database %+v", people[i], subject.Subject)
		}
		all, err := s.db.Credentials(t.Context(), subject, idp.CredentialPassword)
		if err != nil || len(all) != 1 {
			t.Errorf("%s has %d passwords (%v)", people[i].Name, len(all), err)
		}
		sessions, err := s.db.Sessions(t.Context(), subject, s.clock.Now())
		if err != nil || len(sessions) != d.sessions {
			t.Errorf("%s has %d sessions (%v), want %d", people[i].Name, len(sessions), err, d.sessions)
		}
	}
}
