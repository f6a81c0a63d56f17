package identifier

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"vhod/idp"
)

func TestParseLogin(t *testing.T) {
	t.Parallel()
	phone := Identifier{idp.IdentifierPhone, "+79991234567"}
	snils := Identifier{idp.IdentifierSNILS, "11223344595"}
	// Eleven digits that are both: a valid mobile and a right checksum.
	bothPhone := Identifier{idp.IdentifierPhone, "+79031234587"}
	bothSNILS := Identifier{idp.IdentifierSNILS, "79031234587"}
	for text, want := range map[string][]Identifier{
		"+7 (999) 123-45-67":     {phone},
		"8 999 123 45 67":        {phone},
		"79991234567":            {phone},
		"9991234567":             {phone},
		"+７９９９１２３４５６７":           {phone},
		"٧٩٩٩١٢٣٤٥٦٧":            {phone},
		"\u200b+7 999 1234567":   {phone},
		"112-233-445 95":         {snils},
		"112 233 445 95":         {snils},
		"11223344595":            {snils},
		"79031234587":            {bothPhone, bothSNILS},
		"7 903 123-45-87":        {bothPhone, bothSNILS},
		"790-312-345 87":         {bothSNILS, bothPhone},
		"+7 903 123-45-87":       {bothPhone},
		"Ivan@Example.RU":        {{idp.IdentifierEmail, "ivan@example.ru"}},
		"admin@example.ru":       {{idp.IdentifierEmail, "admin@example.ru"}},
		"ivan@mailinator.com":    {{idp.IdentifierEmail, "ivan@mailinator.com"}},
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

func TestParse(t *testing.T) {
	t.Parallel()
	if got, err := Parse("790-312-345 87"); err != nil || got.Kind != idp.IdentifierSNILS {
		t.Errorf("Parse = %v, %v, want a СНИЛС", got, err)
	}
	for text, want := range map[string]error{
		"": ErrEmpty, " \u200b ": ErrEmpty, strings.Repeat("1", 400): ErrTooLong, "\xff": ErrText, "a\x00": ErrText,
		"ivan@": ErrEmail, "500100732258": ErrINN, "112-233-445 96": ErrSNILS, "11223344596": ErrSNILS, "+7999": ErrPhone, "иван": ErrPhone, "8 000 000 00 00": ErrPhone,
	} {
		if got, err := Parse(text); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[Identifier]string{
		{idp.IdentifierPhone, "+79991234567"}:    "+7 ··· ···-45-67",
		{idp.IdentifierPhone, "+442079460958"}:   "+44 ··· ···-09-58",
		{idp.IdentifierPhone, "+375291234567"}:   "+375 ··· ···-45-67",
		{idp.IdentifierPhone, "+12015550123"}:    "+1 ··· ···-01-23",
		{idp.IdentifierPhone, "+77011234567"}:    "+7 ··· ···-45-67",
		{idp.IdentifierPhone, "+37681234"}:       "+376 ···34",
		{idp.IdentifierPhone, "12"}:              "···",
		{idp.IdentifierPhone, ""}:                "···",
		{idp.IdentifierEmail, "ivan@example.ru"}: "i···n@example.ru",
		{idp.IdentifierEmail, "iv@example.ru"}:   "i···@example.ru",
		{idp.IdentifierEmail, "яна@пример.рф"}:   "я···а@пример.рф",
		{idp.IdentifierEmail, "x"}:               "···",
		{idp.IdentifierSNILS, "11223344595"}:     "···95",
		{idp.IdentifierINN, "12"}:                "···",
	} {
		if got := in.Mask(); got != want {
			t.Errorf("%v.Mask() = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseLogin(f *testing.F) {
	for _, seed := range []string{"+7 999 123-45-67", "ivan@example.ru", "112-233-445 95", "790-312-345 87", "500100732259", "\u200b", "a@b.c\x00", "٧٩٩٩١٢٣٤٥٦٧"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all := ParseLogin(text)
		if len(all) > 2 {
			t.Errorf("%q has %d readings", text, len(all))
		}
		for _, one := range all {
			if again := ParseLogin(one.Value); !slices.Contains(again, one) {
				t.Errorf("%q is read as %v, which is read as %v", text, one, again)
			}
			if one.Mask() == one.Value {
				t.Errorf("%v is not masked", one)
			}
		}
		if one, err := Parse(text); (err == nil) != (len(all) > 0) || err == nil && one != all[0] {
			t.Errorf("Parse(%q) = %v, %v beside %v", text, one, err, all)
		}
		for _, kind := range []idp.IdentifierKind{idp.IdentifierPhone, idp.IdentifierEmail, idp.IdentifierPassport} {
			Mask(kind, text) // whatever is kept must be shown without a panic
		}
	})
}
