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
// apostrophe, letters and accents composed. Invisible characters are refused and
// not taken away: a name goes to registers as it was typed. ErrEmpty,
// ErrTooLong, ErrText, ErrName.
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
	case !isName(text):
		return "", ErrName
	}
	return text, nil
}

// isName: letters of one alphabet, and each hyphen between two of them. An
// apostrophe may stand first ('t Hooft) or last.
func isName(text string) bool {
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
			return false
		case r != '-' && r != '\'' && r != ' ':
			return false
		}
		previous = r
	}
	// Letters of both alphabets are a look-alike or a slip of the keyboard.
	return cyrillic != latin && previous != '-'
}
