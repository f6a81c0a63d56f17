package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Policy is what a new password must meet (R-REG-6). The zero value demands only
// that it be text, no well-known one, and none of the person's own data.
type Policy struct {
	// MinLength and MaxLength are in characters.
	MinLength, MaxLength         int
	Upper, Lower, Digit, Special bool
	// MaxRun is the longest sequence or repetition that is let through, in
	// characters: 1234, aaaa, qwer. Zero lets all through.
	MaxRun int
}

// Citizen is the policy for people.
func Citizen() Policy {
	return Policy{MinLength: 12, MaxLength: 128, Upper: true, Lower: true, Digit: true, Special: true, MaxRun: 3}
}

// NIST is the profile of SP 800-63B-4 §3.1.1.2: length, and no known password.
func NIST() Policy { return Policy{MinLength: 15, MaxLength: 128} }

// Broken names a rule that a password breaks.
type Broken string

// The rules, in the order in which they are told.
const (
	TooShort  Broken = "too_short"
	TooLong   Broken = "too_long"
	NoUpper   Broken = "no_upper"
	NoLower   Broken = "no_lower"
	NoDigit   Broken = "no_digit"
	NoSpecial Broken = "no_special"
	Run       Broken = "run"
	Common    Broken = "common"
	Personal  Broken = "personal"
	// Former is told by who holds the former hashes; Check never returns it.
	Former Broken = "former"
)

// Normalize is the form that is hashed: the same password typed on another
// system gives the same bytes (RFC 8265 §4.2.2, OpaqueString). What is not UTF-8
// stays as it is: no password that Check accepts equals it.
func Normalize(password string) string {
	if !utf8.ValidString(password) {
		return password
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if r != ' ' && unicode.Is(unicode.Zs, r) { // a Mac types a no-break space with Option
			return ' '
		}
		return r
	}, password))
}

// Check tells every rule that a password breaks, in the order of the rules, none
// when it is accepted; words are the person's own data. More than Max
// bytes, or bytes that are not UTF-8 (a form never sends them), are refused as
// TooLong before anything else is looked at.
func (p Policy) Check(password string, words ...string) []Broken {
	if len(password) > Max || !utf8.ValidString(password) {
		return []Broken{TooLong}
	}
	password = Normalize(password)
	var upper, lower, digit, special bool
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			upper = true
		case unicode.IsLower(r):
			lower = true
		case unicode.IsDigit(r):
			digit = true
		case !unicode.IsLetter(r) && !unicode.IsMark(r):
			special = true
		}
	}
	folded, length := fold(password), utf8.RuneCountInString(password)
	var broken []Broken
	for _, rule := range []struct {
		is   bool
		name Broken
	}{
		{length < p.MinLength, TooShort},
		{p.MaxLength > 0 && length > p.MaxLength, TooLong},
		{p.Upper && !upper, NoUpper},
		{p.Lower && !lower, NoLower},
		{p.Digit && !digit, NoDigit},
		{p.Special && !special, NoSpecial},
		{p.MaxRun > 0 && longestRun(folded) > p.MaxRun, Run},
		{isCommon(folded), Common},
		{holdsWord(folded, words), Personal},
	} {
		if rule.is {
			broken = append(broken, rule.name)
		}
	}
	return broken
}

// fold is the form that is compared: no case, and ё as е.
func fold(text string) string {
	return strings.ReplaceAll(norm.NFC.String(strings.ToLower(text)), "ё", "е")
}
