package identifier

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxInput bounds what is read, in bytes.
const maxInput = 320

// clean bounds and folds what was typed: invisible characters away, compatibility
// forms (full-width digits) to their usual ones, spaces at the ends trimmed.
func clean(text string) (string, error) {
	if len(text) > maxInput {
		return "", ErrTooLong
	}
	if !utf8.ValidString(text) {
		return "", ErrText
	}
	// Invisible characters go first: between a letter and its accent they would
	// keep the two from being composed.
	text = norm.NFKC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // zero-width and direction marks
			return -1
		}
		return r
	}, text))
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case isDash(r):
			return '-'
		}
		return r
	}, text))
	if text == "" {
		return "", ErrEmpty
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", ErrText
	}
	return text, nil
}

// isDash also tells the minus sign, which Unicode counts among the symbols.
func isDash(r rune) bool { return unicode.Is(unicode.Pd, r) || r == '−' }

// ascii turns the decimal digits of every script into 0…9. Unicode keeps each
// script's ten together, in order, in ranges of whole tens.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= unicode.MaxASCII || !unicode.Is(unicode.Nd, r) {
			return r
		}
		for _, block := range unicode.Nd.R16 {
			if low := rune(block.Lo); r >= low && r <= rune(block.Hi) {
				return '0' + (r-low)%10
			}
		}
		for _, block := range unicode.Nd.R32 {
			if low := rune(block.Lo); r >= low && r <= rune(block.Hi) {
				return '0' + (r-low)%10
			}
		}
		return r
	}, text)
}

// digits takes separators away; ok is false when anything but digits is left.
func digits(text string) (string, bool) {
	var b strings.Builder
	for _, r := range ascii(text) {
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
