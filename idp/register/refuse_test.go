package register_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vhod/idp/register"
	"vhod/store/storetest"
	"vhod/ui"
)

func TestContactsRefused(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	s.register.MX = func(_ context.Context, domain string) error {
		switch domain {
		case "nowhere.example":
			return fmt.Errorf("lookup: %w", register.ErrNoMail)
		case "slow.example":
			return errors.New("the name server does not answer")
		}
		return nil
	}
	for contact, want := range map[string]string{
		"":                        ui.ContactEmpty,
		" \t":                     ui.ContactEmpty,
		"Анна":                    ui.ContactInvalid,
		"+7 999 123":              ui.PhoneInvalid,
		"8 999 123-45-67 доб. 5":  ui.PhoneInvalid,
		"\xff\xfe":                ui.ContactEmpty,
		strings.Repeat("9", 5000): ui.PhoneInvalid,
		"8 (495) 123-45-67":       ui.PhoneLandline,
		"anna@":                   ui.EmailInvalid,
		"a@b@c.org":               ui.EmailInvalid,
		"Anna <anna@example.org>": ui.EmailInvalid,
		"anna@mailinator.com":     ui.EmailDisposable,
		"Admin@example.org":       ui.EmailRole,
		"anna@nowhere.example":    ui.EmailDomain,
	} {
		b := s.browser()
		b.get("/register").contact(contact).expect(http.StatusUnprocessableEntity, "/register")
		p := page[ui.RegisterContact](b)
		if p.Contact.Error.ID != want || !p.Terms || !p.PersonalData {
			t.Errorf("%.40q: %+v, want %s and the ticks kept", contact, p, want)
		}
		if len(contact) < 100 && p.Contact.Value != strings.ToValidUTF8(contact, "") {
			t.Errorf("%q came back as %q", contact, p.Contact.Value)
		}
	}
	b := s.browser()
	b.get("/register").contact("anna@slow.example").expect(http.StatusOK, "/register/code")

	t.Log("both agreements are needed, and what was typed stays")
	b.get("/register").post("/register", url.Values{"contact": {phone}, "terms": {"yes"}}).expect(http.StatusUnprocessableEntity, "/register")
	if p := page[ui.RegisterContact](b); p.ConsentsError.ID != ui.ConsentsMissing || p.Contact.Value != phone || !p.Terms || p.PersonalData {
		t.Errorf("without an agreement: %+v", p)
	}
}

func TestPasswordsRefused(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(phone).code(phone)
	for name, one := range map[string]struct {
		first, second string
		problem       string
		broken        []string
	}{
		"none":      {"", "", ui.PasswordEmpty, nil},
		"differing": {goodPassword, goodPassword + "x", ui.PasswordsDiffer, nil},
		"once":      {goodPassword, "", ui.PasswordsDiffer, nil},
		"weak":      {"тополь", "тополь", "", []string{ui.PasswordTooShort, ui.PasswordNoUpper, ui.PasswordNoDigit, ui.PasswordNoSpecial}},
		"phone":     {"Тополь-9991234567", "Тополь-9991234567", "", []string{ui.PasswordPersonal}},
		"long":      {strings.Repeat("Zx7-", 5000), strings.Repeat("Zx7-", 5000), "", []string{ui.PasswordTooLong}},
		"not text":  {"\xffЗелёный-Слон-73", "\xffЗелёный-Слон-73", "", []string{ui.PasswordTooLong}},
	} {
		b.post("/register/password", url.Values{"password": {one.first}, "password2": {one.second}}).expect(http.StatusUnprocessableEntity, "/register/password")
		p := page[ui.RegisterPassword](b)
		var broken []string
		for _, rule := range p.Broken {
			broken = append(broken, rule.ID)
		}
		missing := slices.DeleteFunc(slices.Clone(one.broken), func(rule string) bool { return slices.Contains(broken, rule) })
		if p.Error.ID != one.problem || len(missing) > 0 || p.Login != phone {
			t.Errorf("%s: %q %v, want %q %v", name, p.Error.ID, broken, one.problem, one.broken)
		}
		if one.first != "" && strings.Contains(b.body, one.first) {
			t.Errorf("%s: the page repeats the password", name)
		}
	}
	b.password(goodPassword).expect(http.StatusOK, "/register/person")
}

func TestPeopleRefused(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(phone).code(phone).password(goodPassword)
	for _, one := range []struct{ field, value, want string }{
		{"surname", "", ui.SurnameEmpty},
		{"surname", "Тест0ва", ui.SurnameInvalid},
		{"surname", "Tестова", ui.SurnameMixed}, // a Latin T among Cyrillic letters
		{"surname", strings.Repeat("а", 101), ui.SurnameTooLong},
		{"name", " ", ui.NameEmpty},
		{"name", "Anна", ui.NameMixed},
		{"name", "<b>Анна</b>", ui.NameInvalid},
		{"patronymic", "Iвановна", ui.PatronymicMixed},
		{"patronymic", "-", ui.PatronymicInvalid},
		{"patronymic", strings.Repeat("а", 101), ui.PatronymicTooLong},
		{"birth_date", "", ui.BirthDateEmpty},
		{"birth_date", "31.02.1990", ui.BirthDateNone},
		{"birth_date", "31-12-1990", ui.BirthDateInvalid},
		{"birth_date", "06.11.2026", ui.BirthDateFuture},
		{"birth_date", "01.01.1800", ui.BirthDateOld},
		{"birth_date", "06.11.2008", ui.TooYoung}, // eighteen tomorrow
	} {
		form := citizen()
		form.Set(one.field, one.value)
		b.post("/register/person", form).expect(http.StatusUnprocessableEntity, "/register/person")
		p := page[ui.RegisterPerson](b)
		fields := map[string]ui.Field{"surname": p.Surname, "name": p.Name, "patronymic": p.Patronymic, "birth_date": p.BirthDate}
		for name, field := range fields {
			want := ""
			if name == one.field {
				want = one.want
			}
			if field.Error.ID != want || field.Value != form.Get(name) {
				t.Errorf("%s=%.20q: field %s says %q and holds %.20q", one.field, one.value, name, field.Error.ID, field.Value)
			}
		}
	}
	t.Log("what was refused last is there again after a reload")
	b.get("/register/person?flow=" + b.flow())
	if p := page[ui.RegisterPerson](b); p.Surname.Value != "Тестова" || p.BirthDate.Value != "06.11.2008" {
		t.Errorf("after a reload: %+v", p)
	}
	form := citizen()
	form.Set("birth_date", "2008-11-05") // eighteen today
	b.post("/register/person", form).expect(http.StatusOK, "/account")
}

func TestCodes(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	b := s.browser()
	b.get("/register").contact(phone)
	enter := func(code string) ui.Code {
		t.Helper()
		b.post("/register/code", url.Values{"code": {code}}).expect(http.StatusUnprocessableEntity, "/register/code")
		return page[ui.Code](b)
	}
	first := s.message(phone).Code
	wrong := "000000"
	if first == wrong {
		wrong = "000001"
	}
	if p := enter(""); p.Field.Error.ID != ui.CodeEmpty {
		t.Errorf("no code: %+v", p)
	}
	for _, slip := range []string{"12345", "1234567", "12345a", strings.Repeat("1", 1000)} {
		if p := enter(slip); p.Field.Error.ID != ui.CodeMalformed || p.TriesLeft != 0 {
			t.Errorf("%.20q: %+v", slip, p)
		}
	}
	for left := 2; left > 0; left-- {
		if p := enter(wrong); p.Field.Error.ID != ui.CodeWrong || p.TriesLeft != left {
			t.Errorf("with %d tries left: %+v", left, p)
		}
	}
	clock.Advance(20 * time.Second)
	if p := enter(wrong); p.Field.Error.ID != ui.CodeTriesWait || p.Field.Error.Args["Count"] != 40.0 { // of JSON
		t.Errorf("third wrong code: %+v", p)
	}
	if p := enter(first); p.Field.Error.ID != ui.CodeExpiredWait {
		t.Errorf("the right code after three wrong ones: %+v", p)
	}
	t.Log("a new one comes after the pause")
	b.post("/register/code", url.Values{"action": {"resend"}}).expect(http.StatusTooManyRequests, "/register/code")
	if p := page[ui.Code](b); p.Field.Error.ID != ui.ResendPause || p.ResendIn <= 0 || p.ResendIn > time.Minute {
		t.Errorf("too early: %+v", p)
	}
	clock.Advance(time.Minute + time.Second)
	b.post("/register/code", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/register/code")
	if p := page[ui.Code](b); p.Notice.ID != ui.NoticeCodeSent {
		t.Errorf("after another was sent: %+v", p)
	}
	clock.Advance(5*time.Minute + time.Second)
	if p := enter(s.message(phone).Code); p.Field.Error.ID != ui.CodeExpired && p.Field.Error.ID != ui.CodeBlocked {
		t.Errorf("after five minutes: %+v", p)
	}
	t.Log("and the contact is not shut out for good")
	clock.Advance(20 * time.Minute)
	b.post("/register/code", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/register/code")
	b.code(phone).expect(http.StatusOK, "/register/password")
}

// TestMessagesAreCounted: from whatever browser, an address gets so many an hour,
// counted before they are sent.
func TestMessagesAreCounted(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	s := newSite(t, db, clock)
	sent := 0
	var last *browser
	for range 20 {
		last = s.browser()
		last.get("/register").contact(phone)
		if last.status == http.StatusOK {
			sent++
		}
		clock.Advance(2 * time.Minute)
	}
	last.expect(http.StatusTooManyRequests, "/register")
	if p := page[ui.RegisterContact](last); p.Contact.Error.IsZero() || p.Contact.Value != phone || !p.Terms {
		t.Errorf("refused: %+v", p)
	}
	if n := s.count(`SELECT COUNT(*) FROM job`); n != int64(sent) || sent > 6 || sent < 3 {
		t.Errorf("%d messages for %d pages of code", n, sent)
	}
	if n := s.count(`SELECT COUNT(*) FROM registration`); n != int64(sent) {
		t.Errorf("%d registrations kept for %d messages", n, sent)
	}
}
