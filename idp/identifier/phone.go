package identifier

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// ParsePhone reads a phone as E.164: +7…, 7… and 8… with whatever separators, or
// any country with its plus sign.
func ParsePhone(text string) (string, error) {
	text, err := clean(text)
	if err != nil {
		return "", err
	}
	// Without a plus, a number of eleven digits beginning with 7 or 8 is Russian.
	if !strings.HasPrefix(text, "+") {
		if d, ok := digits(strings.NewReplacer("(", "", ")", "").Replace(text)); ok && len(d) == 11 && (d[0] == '7' || d[0] == '8') {
			text = "+7" + d[1:]
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("+0123456789 ()-.", r) }) {
		return "", ErrPhone
	}
	number, err := phonenumbers.Parse(text, "RU")
	if err != nil || !phonenumbers.IsPossibleNumber(number) || !phonenumbers.IsValidNumber(number) {
		return "", ErrPhone
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

// FormatPhone shows a normal phone with the usual spaces.
func FormatPhone(e164 string) string {
	number, err := phonenumbers.Parse(e164, "RU")
	if err != nil {
		return e164
	}
	return phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
}
