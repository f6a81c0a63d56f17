package identifier

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vhod/idp"
)

func TestParseLogin(t *testing.T) {
	t.Parallel()
	phone := Identifier{idp.IdentifierPhone, "+79991234567"}
	snils := Identifier{idp.IdentifierSNILS, "11223344595"}
	for text, want := range map[string][]Identifier{
		"+7 (999) 123-45-67":     {phone},
		"8 999 123 45 67":        {phone},
		"79991234567":            {phone},
		"9991234567":             {phone},
		"+７９９９１２３４５６７":           {phone},
		"\u200b+7 999 1234567":   {phone},
		"112-233-445 95":         {snils},
		"11223344595":            {snils},
		"Ivan@Example.RU":        {{idp.IdentifierEmail, "ivan@example.ru"}},
		"admin@example.ru":       {{idp.IdentifierEmail, "admin@example.ru"}},
		"500100732259":           {{idp.IdentifierINN, "500100732259"}},
		"":                       nil,
		"иван":                   nil,
		"@":                      nil,
		"\xff":                   nil,
		strings.Repeat("1", 400): nil,
	} {
		if got := ParseLogin(text); !slices.Equal(got, want) {
			t.Errorf("ParseLogin(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestParsePhone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"+44 20 7946 0958": "+442079460958", "8(999)123-45-67": "+79991234567"} {
		if got, err := ParsePhone(text); err != nil || got != want {
			t.Errorf("ParsePhone(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "123", "+7999", "+7 999 123 45 67 доб. 1", "phone", "+1", "+0000000000000", "tel:+79991234567;ext=1"} {
		if got, err := ParsePhone(text); err == nil {
			t.Errorf("ParsePhone(%q) = %q, want an error", text, got)
		}
	}
}

func TestParseEmail(t *testing.T) {
	t.Parallel()
	typed, folded, err := ParseEmail(" Ivan.Testov+vhod@Пример.РФ ")
	if err != nil || typed != "Ivan.Testov+vhod@Пример.РФ" || folded != "ivan.testov+vhod@xn--e1afmkfd.xn--p1ai" {
		t.Errorf("ParseEmail = %q, %q, %v", typed, folded, err)
	}
	for text, want := range map[string]error{
		"": ErrEmpty, "x": ErrEmail, "a@b": ErrEmail, "a@b@c.ru": ErrEmail, "Иван <a@b.ru>": ErrEmail, "a b@c.ru": ErrEmail, "a@-.ru": ErrEmail,
		"a@.ru": ErrEmail, "a@b..ru": ErrEmail, ".a@b.ru": ErrEmail, "\"a\"@b.ru": ErrEmail, "a@[192.0.2.1]": ErrEmail, strings.Repeat("a", 65) + "@b.ru": ErrEmail,
		"a@mailinator.com": ErrDisposable, "postmaster@b.ru": ErrRole, "a\r\nBcc: x@b.ru": ErrEmail,
	} {
		if _, _, err := ParseEmail(text); !errors.Is(err, want) {
			t.Errorf("ParseEmail(%q): %v, want %v", text, err, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"112-233-445 95", "087-654-303 00", "001-001-998 00", "11223344595"} {
		if _, err := ParseSNILS(text); err != nil {
			t.Errorf("ParseSNILS(%q): %v", text, err)
		}
	}
	for _, text := range []string{"112-233-445 96", "000-000-000 00", "112-233-445", "112-233-445 955", "a"} {
		if _, err := ParseSNILS(text); err == nil {
			t.Errorf("ParseSNILS(%q) let it through", text)
		}
	}
	for text, ok := range map[string]bool{"500100732259": true, "5001 0073 2259": true, "500100732258": false, "000000000000": false, "7707083893": false} {
		if _, err := ParseINN(text); (err == nil) != ok {
			t.Errorf("ParseINN(%q): %v, want ok %v", text, err, ok)
		}
	}
	if got := FormatSNILS("11223344595"); got != "112-233-445 95" {
		t.Errorf("FormatSNILS = %q", got)
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[Identifier]string{
		{idp.IdentifierPhone, "+79991234567"}:    "+7 ··· ···-45-67",
		{idp.IdentifierEmail, "ivan@example.ru"}: "i···n@example.ru",
		{idp.IdentifierEmail, "iv@example.ru"}:   "i···@example.ru",
		{idp.IdentifierSNILS, "11223344595"}:     "···95",
		{idp.IdentifierEmail, "x"}:               "···",
	} {
		if got := Mask(in.Kind, in.Value); got != want {
			t.Errorf("Mask(%v) = %q, want %q", in, got, want)
		}
	}
}

func TestParseName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Иван": "Иван", " Мамин-Сибиряк ": "Мамин-Сибиряк", "О’Коннор": "О'Коннор", "Оглы  Мамед": "Оглы Мамед", "D'Arc": "D'Arc", "Ёлкин": "Ёлкин", "e\u0301lan": "élan",
	} {
		if got, err := ParseName(text); err != nil || got != want {
			t.Errorf("ParseName(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "Иван1", "Iван", "<b>", "-", "Иван-", "--", "'", "Ив\u200bан", strings.Repeat("я", 101), "\xff", "A\x00"} {
		if got, err := ParseName(text); err == nil {
			t.Errorf("ParseName(%q) = %q, want an error", text, got)
		}
	}
}

func TestParseBirthDate(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)
	for text, want := range map[string]error{
		"31.12.1990": nil, "1990-12-31": nil, "1.2.1990": nil, "30.11.2008": nil,
		"01.12.2008": ErrTooYoung, "01.12.2026": ErrDateFuture, "01.01.1890": ErrDateFuture,
		"": ErrEmpty, "31.02.1990": ErrDateFormat, "1990": ErrDateFormat, "вчера": ErrDateFormat, "12/31/1990": ErrDateFormat,
	} {
		if got, err := ParseBirthDate(text, today, 18); !errors.Is(err, want) || (err == nil && got[4] != '-') {
			t.Errorf("ParseBirthDate(%q) = %q, %v, want %v", text, got, err, want)
		}
	}
}

// FuzzParse checks that reading a normal form gives itself.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"+7 999 123-45-67", "ivan@example.ru", "112-233-445 95", "О’Коннор", "31.12.1990", "\u200b", "a@b.c\x00"} {
		f.Add(seed)
	}
	today := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		for _, one := range ParseLogin(text) {
			again := ParseLogin(one.Value)
			if !slices.Contains(again, one) {
				t.Errorf("%q is read as %v, which is read as %v", text, one, again)
			}
			Mask(one.Kind, one.Value)
		}
		if name, err := ParseName(text); err == nil {
			if again, err := ParseName(name); err != nil || again != name {
				t.Errorf("name %q is read as %q, then %q, %v", text, name, again, err)
			}
		}
		if date, err := ParseBirthDate(text, today, 0); err == nil {
			if again, err := ParseBirthDate(date, today, 0); err != nil || again != date {
				t.Errorf("date %q is read as %q, then %q, %v", text, date, again, err)
			}
		}
	})
}
