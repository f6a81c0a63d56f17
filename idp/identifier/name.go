package identifier

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName is in characters.
const maxName = 100

// ParseName reads one part of a name: Cyrillic or Latin letters, hyphen,
// apostrophe and inner space; one space between words, one form of hyphen and
// apostrophe, letters and accents composed, and capitals where a name has them when
// it was typed in one case alone. Invisible characters are refused and
// not taken away: a name goes to registers as it was typed. ErrEmpty,
// ErrTooLong, ErrText, ErrName, ErrMixed.
func ParseName(text string) (string, error) {
	if len(text) > 4*maxName {
		return "", ErrTooLong
	}
	if !utf8.ValidString(text) {
		return "", ErrText
	}
	// Before composing, which makes a space and an accent of ´.
	text = norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("’‘ʼʹ`´′＇", r):
			return '\''
		case isDash(r):
			return '-'
		}
		return r
	}, text))
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "":
		return "", ErrEmpty
	case utf8.RuneCountInString(text) > maxName:
		return "", ErrTooLong
	}
	if err := checkName(text); err != nil {
		return "", err
	}
	return capitals(text), nil
}

// particles follow a name in lower case.
var particles = map[string]bool{"оглы": true, "оглу": true, "кызы": true, "гызы": true, "улы": true, "уулу": true}

// capitals writes a name of capitals or of small letters alone as names are
// written; a name in both cases is left as its owner writes it.
func capitals(text string) string {
	if lower := strings.ToLower(text); text != lower && text != strings.ToUpper(text) {
		return text
	}
	words := strings.Split(strings.ToLower(text), " ")
	for n, word := range words {
		if n == 0 || !particles[word] {
			words[n] = capital(word)
		}
	}
	return strings.Join(words, " ")
}

// capital raises the first letter, one after a hyphen, and one after an apostrophe
// that follows a single letter: О'Коннор, but Мар'яна and 't Hooft.
func capital(word string) string {
	letters := []rune(word)
	since := 0 // letters since the word or a part of it began
	for n, r := range letters {
		switch {
		case r == '-' || r == '\'' && since == 1 && n+1 < len(letters):
			since = 0
			continue
		case since == 0 && r != '\'':
			letters[n] = unicode.ToUpper(r)
		}
		since++
	}
	return string(letters)
}

// checkName wants letters of one alphabet, and each hyphen between two of them. An
// apostrophe may stand first ('t Hooft) or last.
func checkName(text string) error {
	cyrillic, latin, previous := false, false, ' '
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Cyrillic, r) && unicode.IsLetter(r):
			cyrillic = true
		case unicode.Is(unicode.Latin, r) && unicode.IsLetter(r):
			latin = true
		case r == '-' && (previous == ' ' || previous == '-' || previous == '\''),
			r == '\'' && (previous == '-' || previous == '\''),
			r == ' ' && previous == '-':
			return ErrName
		case r != '-' && r != '\'' && r != ' ':
			return ErrName
		}
		previous = r
	}
	switch {
	case cyrillic && latin: // a look-alike or a slip of the keyboard
		return ErrMixed
	case !cyrillic && !latin || previous == '-':
		return ErrName
	}
	return nil
}
