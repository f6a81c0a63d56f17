package password

import (
	"slices"
	"strings"
	"testing"
)

func TestCitizenPolicy(t *testing.T) {
	t.Parallel()
	words := []string{"Тестов", "Ив", "ivan.testov", "1990", "9991234567"}
	for password, want := range map[string][]Broken{
		"Зелёный-Слон-73":                    nil,
		"correct Horse 7 staple":             nil,
		"Qz8#mT2!pR5_":                       nil,
		"Кв7!@#$%^&*()-_+=":                  nil,
		"Short1!":                            {TooShort},
		"":                                   {TooShort, NoUpper, NoLower, NoDigit, NoSpecial},
		"alllowercase7!x":                    {NoUpper},
		"ALLUPPERCASE7!X":                    {NoLower},
		"NoDigitsHere!xy":                    {NoDigit},
		"NoSpecial7Here8":                    {NoSpecial},
		"НеттутЗнаков78":                     {NoSpecial},
		"Слово明и7Другое":                     {NoSpecial},
		"Zk7!mPwx1234Qe":                     {Run},
		"Zk7!mPwx123Qe":                      nil,
		"Zk7!mPwxaaaaQe":                     {Run},
		"Zk7!mPwxaAaAQe":                     {Run},
		"Zk7!mPwxaaaQe":                      nil,
		"Zk7!mPwxqwerQe":                     {Run},
		"Zk7!mPwxQwErKe":                     {Run},
		"Zk7!mPwxйцукQe":                     {Run},
		"Zk7!mPwxабвгQe":                     {Run},
		"Zk7!mPwx4321Qe":                     {Run},
		"Zk7!mPwx7890Qe":                     {Run},
		"Password2026!!":                     {Common},
		"P@ssw0rd!!2026":                     {Common},
		"2026!!Pa$$w0rd":                     {Common},
		"P-a-s-s-w-o-r-d-7":                  {Common},
		"PasswordPassword7!":                 {Common},
		"Солнышко-2026":                      {Common},
		"Ghbdtn-2026!x":                      nil,
		"Ghbdtn-202602":                      {Common},
		"1q2W3e4R5t6Y!":                      {Common},
		"Мой-тестов-77Q":                     {Personal},
		"Ivan.Testov-77q":                    {Personal},
		"Мой-999-123-45-67":                  {Personal},
		"\xff":                               {TooLong},
		strings.Repeat("x", 2000):            {TooLong},
		strings.Repeat("Qz8#mT2!", 16):       nil,
		strings.Repeat("Qz8#mT2!", 16) + "x": {TooLong},
		"Ру":                                 {TooShort, NoDigit, NoSpecial},
		strings.Repeat("яЖ7!", 32):           nil,
	} {
		if got := Citizen().Check(password, words...); !slices.Equal(got, want) {
			t.Errorf("Check(%q) = %v, want %v", password, got, want)
		}
	}
}

func TestNISTPolicy(t *testing.T) {
	t.Parallel()
	for password, want := range map[string][]Broken{
		"просто длинная фраза": nil, "fourteen chars": {TooShort}, "passwordpassword": {Common}, "123456789012345": {Common}, "тестов любит слонов": {Personal},
	} {
		if got := NIST().Check(password, "Тестов"); !slices.Equal(got, want) {
			t.Errorf("Check(%q) = %v, want %v", password, got, want)
		}
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"e\u0301": "\u00e9", "a\u00a0b\u3000c": "a b c", "Ab 1": "Ab 1"} {
		if got := Normalize(in); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("Зелёный-Слон-73", "Слон")
	f.Add("J\u030cпароль1!", "\u0130")
	f.Add("\xff\x00", "")
	f.Fuzz(func(t *testing.T, password, word string) {
		broken := Citizen().Check(password, word)
		if len(broken) == 0 && len([]rune(Normalize(password))) < 12 {
			t.Errorf("%q is accepted", password)
		}
		if Normalize(Normalize(password)) != Normalize(password) {
			t.Errorf("%q has no one normal form", password)
		}
		if again := Citizen().Check(Normalize(password), word); len(password) <= Max && len(Normalize(password)) <= Max && !slices.Equal(again, broken) {
			t.Errorf("%q breaks %v, its normal form %v", password, broken, again)
		}
		if s := Strength(password, word); s < 0 || s > 4 {
			t.Errorf("Strength(%q) = %d", password, s)
		}
	})
}
