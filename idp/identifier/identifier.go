package identifier

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"vhod/idp"
)

// What can be wrong with what was typed.
var (
	ErrEmpty      = errors.New("identifier: empty")
	ErrTooLong    = errors.New("identifier: too long")
	ErrText       = errors.New("identifier: characters that are not allowed")
	ErrPhone      = errors.New("identifier: no phone number")
	ErrEmail      = errors.New("identifier: no e-mail address")
	ErrDisposable = errors.New("identifier: a disposable e-mail address")
	ErrRole       = errors.New("identifier: the mailbox of a role, not of a person")
	ErrSNILS      = errors.New("identifier: no СНИЛС")
	ErrINN        = errors.New("identifier: no ИНН")
)

// maxInput bounds what is read, in bytes.
const maxInput = 320

// Identifier is one thing a person is found by, in its normal form.
type Identifier struct {
	Kind  idp.IdentifierKind
	Value string
}

// ParseLogin reads the login field: at most two readings, the likelier first,
// none when it can be nothing. Eleven digits can be both a phone and a СНИЛС
// with a right checksum; how they are separated decides what comes first.
func ParseLogin(text string) []Identifier {
	text, err := clean(text)
	if err != nil {
		return nil
	}
	if strings.Contains(text, "@") {
		_, folded, err := ParseEmail(text)
		if err != nil && !errors.Is(err, ErrDisposable) && !errors.Is(err, ErrRole) {
			return nil
		}
		return []Identifier{{idp.IdentifierEmail, folded}}
	}
	var all []Identifier
	if phone, err := ParsePhone(text); err == nil {
		all = append(all, Identifier{idp.IdentifierPhone, phone})
	}
	if snils, err := ParseSNILS(text); err == nil {
		all = append(all, Identifier{idp.IdentifierSNILS, snils})
		if len(all) == 2 && writtenAsSNILS(text) {
			all[0], all[1] = all[1], all[0]
		}
	}
	if inn, err := ParseINN(text); err == nil && len(all) < 2 {
		all = append(all, Identifier{idp.IdentifierINN, inn})
	}
	return all
}

// writtenAsSNILS tells the separators of 123-456-789 12 from a phone's.
func writtenAsSNILS(text string) bool {
	return len(text) == 14 && text[3] == '-' && text[7] == '-' && (text[11] == ' ' || text[11] == '-')
}

// clean bounds and folds what was typed: compatibility forms (full-width digits)
// to their usual ones, invisible characters away, spaces at the ends trimmed.
func clean(text string) (string, error) {
	if len(text) > maxInput {
		return "", ErrTooLong
	}
	if !utf8.ValidString(text) {
		return "", ErrText
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // zero-width and direction marks
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Pd, r): // any dash
			return '-'
		}
		return r
	}, norm.NFKC.String(text))
	text = strings.TrimSpace(text)
	if text == "" {
		return "", ErrEmpty
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", ErrText
	}
	return text, nil
}

// digits takes separators away; ok is false when anything but digits is left.
func digits(text string) (string, bool) {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == ' ' || r == '-':
		default:
			return "", false
		}
	}
	return b.String(), true
}
