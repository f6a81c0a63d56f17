package password

import (
	"unicode"
	"unicode/utf8"
)

// Bits that one more character is worth to who guesses by habit and not at
// random. They are estimates, low rather than high.
const (
	bitsNewWord    = 5.7 // a letter that begins a word or changes case
	bitsSameWord   = 2.5 // one that goes on: texts are guessable
	bitsDigit      = 3.3
	bitsSign       = 5.0
	bitsPredicted  = 0.5 // repeats or goes on a run
	weakestOfKnown = 1   // the most that a known or personal password can be
)

// Strength is for the meter shown while typing: 0 trivial, 1 weak, 2 fair, 3
// good, 4 strong. It is no rule: Check decides. words are the person's own data.
func Strength(password string, words ...string) int {
	if len(password) > Max || !utf8.ValidString(password) {
		return 0
	}
	password = Normalize(password)
	strength := 0
	for _, bits := range []float64{25, 40, 55, 70} {
		if bitsOf(password) >= bits {
			strength++
		}
	}
	folded := fold(password)
	if isCommon(folded) || holdsWord(folded, words) {
		return min(strength, weakestOfKnown)
	}
	return strength
}

// bitsOf adds up what each character is worth after those before it.
func bitsOf(password string) float64 {
	bits, runes := 0.0, []rune(password)
	run := runs(runes)
	for i, r := range runes {
		switch {
		case i > 0 && r == runes[i-1], run[i] > 2, i > 3 && r == runes[i-2] && runes[i-1] == runes[i-3]:
			bits += bitsPredicted
		case unicode.IsDigit(r):
			bits += bitsDigit
		case !unicode.IsLetter(r):
			bits += bitsSign
		case i > 0 && unicode.IsLetter(runes[i-1]) && unicode.IsUpper(r) == unicode.IsUpper(runes[i-1]):
			bits += bitsSameWord
		default:
			bits += bitsNewWord
		}
	}
	return bits
}
