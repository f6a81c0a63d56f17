package password

import (
	_ "embed"
	"sort"
	"strings"
	"unicode"
)

// commonList holds passwords, and words that passwords are made of, one a line in
// byte order, folded. It was compiled for this project: well-known words and
// names in English and Russian, the Russian ones also transliterated and as typed
// on a Latin keyboard, walks along the keyboard, sequences of digits.
//
//go:embed policy_common.txt
var commonList string

// inCommonList finds a whole line by halving the list.
func inCommonList(word string) bool {
	if word == "" || strings.Contains(word, "\n") {
		return false
	}
	// The least offset from which the next whole line is not before the word.
	from := sort.Search(len(commonList), func(offset int) bool {
		line, ok := lineFrom(offset)
		return !ok || line >= word
	})
	line, ok := lineFrom(from)
	return ok && line == word
}

// lineFrom is the first line that begins at or after offset; ok is false past the
// last one.
func lineFrom(offset int) (line string, ok bool) {
	if offset > 0 {
		end := strings.IndexByte(commonList[offset-1:], '\n')
		if end < 0 {
			return "", false
		}
		offset += end
	}
	line, _, ok = strings.Cut(commonList[offset:], "\n")
	return line, ok
}

// isCommon tells a known password: as it is, repeated, decorated with digits and
// signs at its ends, or with digits and signs for letters.
func isCommon(folded string) bool {
	notLetter := func(r rune) bool { return !unicode.IsLetter(r) }
	sign := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, form := range []string{
		folded,
		strings.TrimRightFunc(folded, sign),
		strings.TrimFunc(folded, sign),
		strings.TrimRightFunc(folded, notLetter),
		strings.TrimFunc(folded, notLetter),
	} {
		if known(form) || known(strings.Map(asLetter, form)) {
			return true
		}
	}
	return false
}

// known looks up a form and the part that it repeats.
func known(form string) bool { return inCommonList(form) || inCommonList(repeated(form)) }

// repeated is the shortest part of which the text is two or more repetitions,
// empty when there is none: s is periodic exactly if it stands inside s+s apart
// from both ends.
func repeated(text string) string {
	if len(text) < 2 {
		return ""
	}
	period := strings.Index((text + text)[1:], text) + 1
	if period == len(text) {
		return ""
	}
	return text[:period]
}

// asLetter reads digits and signs that stand for letters, and drops the others.
func asLetter(r rune) rune {
	switch r {
	case '0':
		return 'o'
	case '1', '!':
		return 'i'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7':
		return 't'
	}
	if unicode.IsLetter(r) {
		return r
	}
	return -1
}
