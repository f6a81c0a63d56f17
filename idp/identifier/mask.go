package identifier

import (
	"strings"
	"unicode/utf8"

	"vhod/idp"
)

// Mask hides an identifier but for its ends, enough for its owner to know it:
// «+7 ··· ···-45-67», «i···v@example.ru».
func (i Identifier) Mask() string { return Mask(i.Kind, i.Value) }

// Mask is Identifier.Mask for a value that is kept without its kind.
func Mask(kind idp.IdentifierKind, value string) string {
	const hidden = "···"
	switch kind {
	case idp.IdentifierEmail:
		at := strings.LastIndexByte(value, '@')
		if at <= 0 {
			return hidden
		}
		first, _ := utf8.DecodeRuneInString(value)
		last, _ := utf8.DecodeLastRuneInString(value[:at])
		if utf8.RuneCountInString(value[:at]) < 3 {
			return string(first) + hidden + value[at:]
		}
		return string(first) + hidden + string(last) + value[at:]
	case idp.IdentifierPhone:
		code := countryCode(value)
		if code == "" || len(value) < len(code)+5 {
			return hidden
		}
		if len(value) < len(code)+8 { // two digits of a short number are a third of it
			return "+" + code + " " + hidden + value[len(value)-2:]
		}
		return "+" + code + " " + hidden + " " + hidden + "-" + value[len(value)-4:len(value)-2] + "-" + value[len(value)-2:]
	default:
		if len(value) < 4 {
			return hidden
		}
		return hidden + value[len(value)-2:]
	}
}
