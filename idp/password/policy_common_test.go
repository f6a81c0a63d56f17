package password

import (
	"slices"
	"strings"
	"testing"
)

func TestCommonList(t *testing.T) {
	t.Parallel()
	words := strings.Split(strings.TrimSuffix(commonList, "\n"), "\n")
	if len(words) < 5000 {
		t.Fatalf("%d passwords", len(words))
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Error("the list is not sorted, or says something twice")
	}
	for _, word := range words {
		if fold(word) != word || len([]rune(word)) < 4 {
			t.Errorf("%q is not folded, or too short", word)
		}
		if !inCommonList(word) || inCommonList(word+"\x01") || inCommonList(word[:len(word)-1]+"\x01") {
			t.Errorf("%q is not found, or what is not there is", word)
		}
	}
	for _, word := range []string{"", "\n", "zzzz\n", "!", "\U0010ffff", "яяя", words[0] + "\n" + words[1]} {
		if inCommonList(word) {
			t.Errorf("%q is found", word)
		}
	}
}

func TestRepeated(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "a": "", "aa": "a", "abab": "ab", "abcab": "", "яя": "я", "parolparol": "parol"} {
		if got := repeated(text); got != want {
			t.Errorf("repeated(%q) = %q, want %q", text, got, want)
		}
	}
}
