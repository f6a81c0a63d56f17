package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Policy is what a new password must meet (R-REG-6). The zero value demands nothing.
type Policy struct {
	MinLength, MaxLength         int // in characters
	Upper, Lower, Digit, Special bool
	// MaxRun is the longest sequence or repetition: 1234, aaaa, qwer.
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
)

// Normalize is the form that is hashed: the same password typed on another
// system gives the same bytes (RFC 8265 §4.2, OpaqueString).
func Normalize(password string) string { return norm.NFC.String(password) }

// Check tells every rule that a password breaks; words are the person's own data.
func (p Policy) Check(password string, words ...string) []Broken {
	if len(password) > Max || !utf8.ValidString(password) {
		return []Broken{TooLong}
	}
	password = Normalize(password)
	var upper, lower, digit, special bool
	length := 0
	for _, r := range password {
		length++
		switch {
		case unicode.IsUpper(r):
			upper = true
		case unicode.IsLower(r):
			lower = true
		case unicode.IsDigit(r):
			digit = true
		default:
			special = true
		}
	}
	folded := strings.ToLower(password)
	var broken []Broken
	add := func(is bool, rule Broken) {
		if is {
			broken = append(broken, rule)
		}
	}
	add(length < p.MinLength, TooShort)
	add(length > p.MaxLength, TooLong)
	add(p.Upper && !upper, NoUpper)
	add(p.Lower && !lower, NoLower)
	add(p.Digit && !digit, NoDigit)
	add(p.Special && !special, NoSpecial)
	add(p.MaxRun > 0 && longestRun(folded) > p.MaxRun, Run)
	add(isCommon(folded), Common)
	add(holdsWord(folded, words), Personal)
	return broken
}

// rows are the keyboard's, on which neighbours make a run.
var rows = []string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"}

// longestRun is the longest part in which each character repeats, follows or
// precedes the one before it: by the alphabet or on the keyboard, one way.
func longestRun(folded string) int {
	runes := []rune(folded)
	longest, current, way := min(1, len(runes)), 1, noStep
	for i := 1; i < len(runes); i++ {
		next := step(runes[i-1], runes[i])
		switch {
		case next == noStep:
			current = 1
		case next == way:
			current++
		default:
			current = 2
		}
		way = next
		longest = max(longest, current)
	}
	return longest
}

const noStep = 99

// step is -1, 0 or 1 between neighbours.
func step(a, b rune) int {
	if d := int(b - a); d >= -1 && d <= 1 && (d == 0 || unicode.IsLetter(a) == unicode.IsLetter(b) && (unicode.IsLetter(a) || unicode.IsDigit(a) && unicode.IsDigit(b))) {
		return d
	}
	for _, row := range rows {
		keys := []rune(row)
		for i, key := range keys {
			if key != a {
				continue
			}
			if i+1 < len(keys) && keys[i+1] == b {
				return 1
			}
			if i > 0 && keys[i-1] == b {
				return -1
			}
		}
	}
	return noStep
}

// minWord is the shortest word of the person's data that counts, in characters.
const minWord = 4

func holdsWord(folded string, words []string) bool {
	for _, word := range words {
		word = strings.ToLower(norm.NFC.String(word))
		if utf8.RuneCountInString(word) >= minWord && strings.Contains(folded, word) {
			return true
		}
	}
	return false
}
