package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"vhod/idp"
)

// minWord is the shortest word of the person's data that counts, in characters.
const minWord = 4

// Words are a person's own data, of which no password is made: the parts of the
// names, the phone with and without its code and as its last seven digits, the
// part of the e-mail address before @ and its parts, the birth date in its usual
// forms, the numbers.
func Words(p *idp.Profile) []string {
	local, _, _ := strings.Cut(p.Email, "@")
	var words []string
	for _, text := range []string{p.Surname, p.Name, p.Patronymic, local} {
		words = append(words, text)
		words = append(words, strings.FieldsFunc(text, notLetterOrDigit)...)
	}
	phone := strings.TrimPrefix(p.Phone, "+")
	words = append(words, phone, strings.TrimPrefix(phone, "7"))
	if len(phone) > 7 {
		words = append(words, phone[len(phone)-7:])
	}
	if date := strings.Split(p.BirthDate, "-"); len(date) == 3 && len(date[0]) == 4 {
		year, month, day := date[0], date[1], date[2]
		words = append(words, year, day+month+year, year+month+day, month+day+year, day+month+year[2:], year[2:]+month+day, strings.TrimPrefix(day, "0")+strings.TrimPrefix(month, "0")+year)
	}
	return append(words, p.SNILS, p.INN)
}

// holdsWord looks for words in a folded password, also past whatever stands
// between their letters and digits: 999-123-45-67 holds 9991234567.
func holdsWord(folded string, words []string) bool {
	bare := squeeze(folded)
	for _, word := range words {
		word = fold(word)
		if utf8.RuneCountInString(word) >= minWord && strings.Contains(folded, word) {
			return true
		}
		word = squeeze(word)
		if utf8.RuneCountInString(word) >= minWord && strings.Contains(bare, word) {
			return true
		}
	}
	return false
}

func notLetterOrDigit(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// squeeze leaves letters and digits.
func squeeze(text string) string { return strings.Join(strings.FieldsFunc(text, notLetterOrDigit), "") }
