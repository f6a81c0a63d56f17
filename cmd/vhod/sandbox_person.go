package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/identifier"
	"vhod/keys"
	"vhod/store"
)

// sandboxPassword is every synthetic person's. It meets the policy and protects
// nothing.
const sandboxPassword = "Proba-Pera-7391"

// sandboxPerson is a synthetic person as the sandbox's API shows it.
type sandboxPerson struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Name     string `json:"name"`
	OID      string `json:"oid"`
	Level    string `json:"level"`
	Kind     string `json:"kind"`
	Phone    string `json:"phone"`
	Email    string `json:"email"`
	SNILS    string `json:"snils"`
	INN      string `json:"inn"`
	Note     string `json:"note"`
	NoteEn   string `json:"note_en,omitempty"` // of the seeds alone
}

// noteIn is the note for a reader of a language.
func (p sandboxPerson) noteIn(lang string) string {
	if lang == "en" {
		return cmp.Or(p.NoteEn, p.Note)
	}
	return p.Note
}

// draft is a synthetic person to be made.
type draft struct {
	number       int // from 1 to 9999: phone, СНИЛС, ИНН and passport follow from it
	level        idp.Level
	status       idp.AccountStatus // empty is active
	surname      string
	name         string
	patronymic   string
	birthDate    string
	female       bool
	citizenship  string // empty is RUS
	lang         string // empty is ru
	phone, email bool
	noINN        bool
	secondFactor bool
	sessions     int
	note         map[string]string // by language
}

// phoneNumber is in a range that no operator gives out.
func (d draft) phoneNumber() string { return fmt.Sprintf("+7999000%04d", d.number) }
func (d draft) address() string     { return fmt.Sprintf("person-%d@example.com", d.number) }

// snils and inn are numbers with right check digits that nobody has: the highest
// СНИЛС given so far begin with 2, and there is no region 00.
func (d draft) snils() string {
	nine := fmt.Sprintf("90000%04d", d.number)
	return nine + identifier.SNILSCheck(nine)
}

func (d draft) inn() string {
	ten := fmt.Sprintf("000000%04d", d.number)
	return ten + identifier.INNCheck(ten)
}

func (d draft) passportNumber() string { return fmt.Sprintf("0000%06d", d.number) }

// profile is what is known of the person at its level.
func (d draft) profile(now time.Time) idp.Profile {
	p := idp.Profile{
		Surname: d.surname, Name: d.name, Patronymic: d.patronymic,
		BirthDate: cmp.Or(d.birthDate, "1990-05-17"), Gender: "male", UpdatedAt: now,
	}
	if d.female {
		p.Gender = "female"
	}
	if d.phone {
		p.Phone, p.PhoneVerifiedAt = d.phoneNumber(), now
	}
	if d.email {
		p.Email, p.EmailVerifiedAt = d.address(), now
	}
	if d.level >= idp.LevelStandard {
		p.SNILS = d.snils()
		if !d.noINN {
			p.INN = d.inn()
		}
		p.Citizenship = cmp.Or(d.citizenship, "RUS")
		p.Birthplace = "г. Образцовск"
		p.Address = "000000, г. Образцовск, ул. Проверочная, д. 1, кв. " + fmt.Sprint(d.number)
	}
	return p
}

// identifiers are what the person is found by.
func (d draft) identifiers() map[idp.IdentifierKind]string {
	all := map[idp.IdentifierKind]string{}
	if d.phone {
		all[idp.IdentifierPhone] = d.phoneNumber()
	}
	if d.email {
		all[idp.IdentifierEmail] = d.address()
	}
	if d.level >= idp.LevelStandard {
		all[idp.IdentifierSNILS] = d.snils()
		all[idp.IdentifierPassport] = d.passportNumber()
		if !d.noINN {
			all[idp.IdentifierINN] = d.inn()
		}
	}
	return all
}

func (d draft) login() string {
	switch {
	case d.phone:
		return d.phoneNumber()
	case d.email:
		return d.address()
	default:
		return identifier.FormatSNILS(d.snils())
	}
}

// account is everything that is kept of the person; the password is given, hashed
// once for all.
func (d draft) account(ring *keys.Ring, password idp.Credential, now time.Time) store.NewPerson {
	n := store.NewPerson{
		Account: idp.Account{
			Kind: idp.KindPersonal, Level: d.level, Status: cmp.Or(d.status, idp.StatusActive),
			SecondFactor: idp.SecondFactorOff, Lang: cmp.Or(d.lang, "ru"),
		},
		Profile: d.profile(now),
	}
	if d.secondFactor {
		n.Account.SecondFactor = idp.SecondFactorSMS
	}
	for kind, value := range d.identifiers() {
		n.Identifiers = append(n.Identifiers, store.Identifier{Kind: kind, Values: ring.Index(string(kind), value)})
	}
	password.ID, password.CreatedAt = uuid.New(), now
	n.Credentials = []idp.Credential{password}
	for kind, version := range idp.AgreementVersions() {
		n.Agreements = append(n.Agreements, idp.Agreement{Kind: kind, Version: version, AcceptedAt: now})
	}
	if d.level >= idp.LevelStandard {
		number := d.passportNumber()
		n.Documents = []idp.Document{{
			ID: uuid.New(), Type: idp.DocumentPassport, Source: "register", CreatedAt: now,
			Fields: map[string]string{
				"series": number[:4], "number": number[4:], "issue_date": "2010-06-01",
				"issuer": "Отделом проверок г. Образцовска", "issuer_code": "000-001", "birthplace": "г. Образцовск",
			},
		}}
	}
	return n
}

// shown is the person as the API shows it.
func (d draft) shown(oid idp.OID) sandboxPerson {
	all := d.identifiers()
	return sandboxPerson{
		Login: d.login(), Password: sandboxPassword,
		Name: strings.TrimSpace(strings.Join([]string{d.surname, d.name, d.patronymic}, " ")),
		OID:  oid.String(), Level: d.level.String(), Kind: string(idp.KindPersonal),
		Phone: all[idp.IdentifierPhone], Email: all[idp.IdentifierEmail], SNILS: all[idp.IdentifierSNILS], INN: all[idp.IdentifierINN],
		Note: d.note["ru"], NoteEn: d.note["en"],
	}
}
