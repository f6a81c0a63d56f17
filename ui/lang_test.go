package ui

import (
	"testing"
)

func TestMatchLanguage(t *testing.T) {
	t.Parallel()
	for wishes, want := range map[string]string{
		"": "ru", "en": "en", "ru": "ru", "en-GB,en;q=0.9": "en", "de,en;q=0.5": "en", "uk": "ru", "zz": "ru", "fr-FR": "ru", "*": "ru", ";;;": "ru",
	} {
		if got := MatchLanguage(wishes); got != want {
			t.Errorf("MatchLanguage(%q) = %q, want %q", wishes, got, want)
		}
	}
	if got := MatchLanguage("", "zz", "en"); got != "en" {
		t.Errorf("the first wish that can be met: %q, want en", got)
	}
}
