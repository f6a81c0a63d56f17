package password

import (
	"slices"
	"strings"
	"testing"
)

func TestCitizenPolicy(t *testing.T) {
	t.Parallel()
	words := []string{"Тестов", "Ив", "ivan.testov", "1990"}
	for password, want := range map[string][]Broken{
		"Зелёный-Слон-73":         nil,
		"correct Horse 7 staple":  nil,
		"Qz8#mT2!pR5_":            nil,
		"Short1!":                 {TooShort},
		"":                        {TooShort, NoUpper, NoLower, NoDigit, NoSpecial},
		"alllowercase7!x":         {NoUpper},
		"ALLUPPERCASE7!X":         {NoLower},
		"NoDigitsHere!xy":         {NoDigit},
		"NoSpecial7Here8":         {NoSpecial},
		"Zk7!mPwx1234Qe":          {Run},
		"Zk7!mPwxaaaaQe":          {Run},
		"Zk7!mPwxqwerQe":          {Run},
		"Zk7!mPwxйцукQe":          {Run},
		"Zk7!mPwx4321Qe":          {Run},
		"Password2026!!":          {Common},
		"P@ssw0rd!!2026":          {Common},
		"Мой-тестов-77Q":          {Personal},
		"Ivan.Testov-77q":         {Personal},
		"\xff":                    {TooLong},
		strings.Repeat("x", 2000): {TooLong},
	} {
		if got := Citizen().Check(password, words...); !slices.Equal(got, want) {
			t.Errorf("Check(%q) = %v, want %v", password, got, want)
		}
	}
	if got := Citizen().Check("Aq7!" + strings.Repeat("xY7!", 32)); !slices.Contains(got, TooLong) {
		t.Errorf("132 characters: %v, want too long", got)
	}
	if got := NIST().Check("просто длинная фраза"); len(got) != 0 {
		t.Errorf("NIST profile refuses a phrase: %v", got)
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	if Normalize("e\u0301") != "\u00e9" {
		t.Error("composed and decomposed forms must hash alike")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("Зелёный-Слон-73", "Слон")
	f.Add("\xff\x00", "")
	f.Fuzz(func(t *testing.T, password, word string) {
		broken := Citizen().Check(password, word)
		if len(broken) == 0 && len([]rune(Normalize(password))) < 12 {
			t.Errorf("%q is accepted", password)
		}
	})
}
