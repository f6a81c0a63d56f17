package identifier

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What can be wrong with a name or a birth date.
var (
	ErrName       = errors.New("identifier: a name has letters of one alphabet, hyphen, apostrophe and space")
	ErrDateFormat = errors.New("identifier: no date")
	ErrDateFuture = errors.New("identifier: no date that a living person was born on")
	ErrTooYoung   = errors.New("identifier: too young")
)

// maxName is in characters.
const maxName = 100

// ParseName reads one part of a name: Cyrillic or Latin letters, hyphen,
// apostrophe and inner space; one space between words, one form of apostrophe.
func ParseName(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", ErrEmpty
	}
	if len(text) > 4*maxName || !utf8.ValidString(text) {
		return "", ErrName
	}
	text = norm.NFC.String(text)
	text = strings.Map(func(r rune) rune {
		switch r {
		case '’', '‘', 'ʼ', '`', '´':
			return '\''
		case '‐', '‑', '–', '—', '−':
			return '-'
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > maxName {
		return "", ErrName
	}
	cyrillic, latin, previous := false, false, rune(' ')
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Cyrillic, r) && unicode.IsLetter(r):
			cyrillic = true
		case unicode.Is(unicode.Latin, r) && unicode.IsLetter(r):
			latin = true
		case r == '\'' || r == '-' || r == ' ':
			if previous == '-' || previous == '\'' || (r != ' ' && r != '\'' && previous == ' ') {
				return "", ErrName // a mark has a letter before it
			}
		default:
			return "", ErrName
		}
		previous = r
	}
	if cyrillic == latin || previous == '-' {
		return "", ErrName
	}
	return text, nil
}

// maxAge is older than anyone has become.
const maxAge = 125

// ParseBirthDate reads ДД.ММ.ГГГГ, or ISO 8601, into ISO 8601. today decides
// whether the person is minAge years old.
func ParseBirthDate(text string, today time.Time, minAge int) (string, error) {
	text, err := clean(text)
	if err != nil {
		return "", err
	}
	var born time.Time
	err = ErrDateFormat
	for _, layout := range []string{"2.1.2006", "2006-01-02", "2/1/2006"} {
		if born, err = time.Parse(layout, strings.ReplaceAll(text, " ", "")); err == nil {
			break
		}
	}
	if err != nil {
		return "", ErrDateFormat
	}
	day := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	if born.After(day) || born.AddDate(maxAge, 0, 0).Before(day) {
		return "", ErrDateFuture
	}
	if born.AddDate(minAge, 0, 0).After(day) {
		return born.Format(time.DateOnly), ErrTooYoung
	}
	return born.Format(time.DateOnly), nil
}
