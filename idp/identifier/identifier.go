package identifier

import (
	"errors"
	"strings"

	"vhod/idp"
)

// Identifier is one thing a person is found by, in its normal form: a phone in
// E.164, an e-mail folded, a СНИЛС or ИНН as digits alone.
type Identifier struct {
	Kind  idp.IdentifierKind
	Value string
}

// Parse reads the login field as the likeliest thing that it can be. The error
// names what is wrong with what it seems to be: ErrEmail when there is an @,
// ErrSNILS or ErrINN when it is written like one, else ErrPhone; ErrEmpty,
// ErrTooLong and ErrText before that.
func Parse(text string) (Identifier, error) {
	cleaned, err := clean(text)
	if err != nil {
		return Identifier{}, err
	}
	if all := ParseLogin(text); len(all) > 0 {
		return all[0], nil
	}
	d, ok := digits(cleaned)
	switch {
	case strings.Contains(cleaned, "@"):
		_, _, err = ParseEmail(text)
	case ok && len(d) == 12:
		err = ErrINN
	case ok && len(d) == 11 && (writtenAsSNILS(cleaned) || d[0] != '7' && d[0] != '8'):
		err = ErrSNILS
	default:
		err = ErrPhone
	}
	return Identifier{}, err
}

// ParseLogin reads the login field: at most two readings, the likelier first,
// none when it can be nothing.
//
// Eleven digits that begin with 7 or 8 can be a phone and, with a right
// checksum, a СНИЛС. Bare or separated as a phone, the phone comes first, as far
// more people type that; written 123-456-789 12, the СНИЛС does. Disposable and
// role addresses are read: who has an account with one may sign in.
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
	// A СНИЛС has eleven digits and an ИНН twelve: never both.
	if snils, err := ParseSNILS(text); err == nil {
		all = append(all, Identifier{idp.IdentifierSNILS, snils})
		if len(all) == 2 && writtenAsSNILS(text) {
			all[0], all[1] = all[1], all[0]
		}
	} else if inn, err := ParseINN(text); err == nil {
		all = append(all, Identifier{idp.IdentifierINN, inn})
	}
	return all
}

// writtenAsSNILS tells the separators of 123-456-789 12 from a phone's.
func writtenAsSNILS(text string) bool {
	return len(text) == 14 && isSeparator(text[3]) && isSeparator(text[7]) && isSeparator(text[11])
}

func isSeparator(b byte) bool { return b == ' ' || b == '-' }
