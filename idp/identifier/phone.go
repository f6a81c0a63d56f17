package identifier

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// ParsePhone reads a phone as E.164: +7…, 7…, 8… or ten digits for Russia with
// spaces, dashes, dots and brackets, or any country with its plus sign. Only
// numbers that a numbering plan knows are let through. ErrEmpty, ErrTooLong,
// ErrText, ErrPhone.
func ParsePhone(text string) (string, error) {
	text, err := clean(text)
	if err != nil {
		return "", err
	}
	text = ascii(text)
	// A plus only in front, and no letters: the library would read 8-800-FLOWERS
	// and cut extensions off.
	plain := strings.TrimPrefix(text, "+")
	if strings.ContainsFunc(plain, func(r rune) bool { return !strings.ContainsRune("0123456789 ()-.", r) }) {
		return "", ErrPhone
	}
	number := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, plain)
	switch {
	case plain != text:
		number = "+" + number
	case len(number) == 11 && (number[0] == '7' || number[0] == '8'):
		number = "+7" + number[1:]
	}
	parsed, err := phonenumbers.Parse(number, "RU")
	if err != nil || !phonenumbers.IsValidNumber(parsed) {
		return "", ErrPhone
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), nil
}

// TakesSMS tells that a normal phone is a mobile one: fixed lines get no messages,
// and those to premium, satellite and shared-cost numbers pay whoever asks for them.
// Russia's mobile numbers begin with 9. (+7 6 and +7 7 are Kazakhstan.)
func TakesSMS(e164 string) bool {
	if strings.HasPrefix(e164, "+7") && len(e164) > 2 && e164[2] != '6' && e164[2] != '7' {
		return e164[2] == '9'
	}
	number, err := phonenumbers.Parse(e164, "RU")
	if err != nil {
		return false
	}
	kind := phonenumbers.GetNumberType(number)
	return kind == phonenumbers.MOBILE || kind == phonenumbers.FIXED_LINE_OR_MOBILE // the United States do not tell them apart
}

// FormatPhone shows a normal phone with the spaces usual in its country, and
// anything else as it is.
func FormatPhone(e164 string) string {
	number, err := phonenumbers.Parse(e164, "RU")
	if err != nil {
		return e164
	}
	return phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
}

// countryCode is what follows the plus, "7"; empty when that cannot be told.
func countryCode(e164 string) string {
	number, err := phonenumbers.Parse(e164, "RU")
	if err != nil {
		return ""
	}
	code, _, _ := strings.Cut(phonenumbers.Format(number, phonenumbers.RFC3966)[len("tel:+"):], "-")
	return code
}
