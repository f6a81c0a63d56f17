package identifier

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Иван": "Иван", " Мамин-Сибиряк ": "Мамин-Сибиряк", "Мамин–Сибиряк": "Мамин-Сибиряк", "О’Коннор": "О'Коннор", "О´Коннор": "О'Коннор", "Оглы  Мамед": "Оглы Мамед",
		"Оглы\u00a0Мамед": "Оглы Мамед", "D'Arc": "D'Arc", "'t Hooft": "'t Hooft", "Ёлкин": "Ёлкин", "Е\u0308лкин": "Ёлкин", "e\u0301lan": "Élan", "Ｉｖａｎ": "Ivan", "И": "И",
		strings.Repeat("я", 100): "Я" + strings.Repeat("я", 99),
		"ИВАНОВ":                 "Иванов", "ёлкина": "Ёлкина", "МАМИН-СИБИРЯК": "Мамин-Сибиряк", "салтыков-щедрин": "Салтыков-Щедрин", "О'КОННОР": "О'Коннор", "d'arc": "D'Arc",
		"МАР'ЯНА": "Мар'яна", "'t hooft": "'t Hooft", "ГАСАН ОГЛЫ": "Гасан оглы", "оглы мамед": "Оглы Мамед", "АННА МАРИЯ": "Анна Мария", "и": "И", "а-а": "А-А",
		"McDonald": "McDonald", "де Голль": "де Голль", "иванов-Петров": "иванов-Петров", "Гасан Оглы": "Гасан Оглы",
	} {
		if got, err := ParseName(text); err != nil || got != want {
			t.Errorf("ParseName(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": ErrEmpty, " \t": ErrEmpty, strings.Repeat("я", 101): ErrTooLong, strings.Repeat(" ", 500): ErrTooLong, "\xff": ErrText,
		"Иван1": ErrName, "Iван": ErrMixed, "Иван Ivan": ErrMixed, "Iван1": ErrName, "<b>": ErrName, "-": ErrName, "Иван-": ErrName, "-Иван": ErrName, "Анна--Мария": ErrName, "Анна -Мария": ErrName, "Анна- Мария": ErrName,
		"'": ErrName, "''": ErrName, "Ив\u200bан": ErrName, "A\x00": ErrName, "Иван.": ErrName, "明": ErrName, "Иван😀": ErrName,
	} {
		if got, err := ParseName(text); !errors.Is(err, want) {
			t.Errorf("ParseName(%q) = %q, %v, want %v", text, got, err, want)
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"О’Коннор", " Мамин-Сибиряк", "Е\u0308лкин", "'t Hooft", "D´Arc", "ﬁ", "Ａ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := ParseName(text)
		if err != nil {
			return
		}
		if utf8.RuneCountInString(name) > maxName || !norm.NFC.IsNormalString(name) || strings.TrimSpace(name) != name {
			t.Errorf("%q is read as %q", text, name)
		}
		if again, err := ParseName(name); err != nil || again != name {
			t.Errorf("%q is read as %q, then %q, %v", text, name, again, err)
		}
	})
}
