package ui

import (
	"strings"
	"testing"
	"time"
)

func TestMoments(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	at := time.Date(2026, 11, 30, 22, 4, 0, 0, time.UTC) // the next day in Moscow
	born := time.Date(1990, 12, 31, 0, 0, 0, 0, time.UTC)
	for lang, want := range map[string][3]string{
		"ru": {"1 декабря 2026, 01:04 (МСК)", ">1 декабря 2026<", ">31 декабря 1990<"},
		"en": {"1 December 2026, 01:04 (MSK)", ">1 December 2026<", ">31 December 1990<"},
	} {
		mustHold(t, render(t, u, view(lang), AccountSessions{Sessions: []AccountSession{{Started: at, Seen: at}}}), want[0])
		mustHold(t, render(t, u, view(lang), AccountServices{Services: []AccountService{{Since: at}}}), want[1])
		mustHold(t, render(t, u, view(lang), AccountProfile{Rows: []ProfileRow{{Label: "birth_date", Day: born}}}), want[2])
	}
}

// TestBlockTellsTheTime: how long it takes stands still without scripts.
func TestBlockTellsTheTime(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	until := time.Date(2026, 11, 30, 22, 4, 1, 0, time.UTC)
	for lang, want := range map[string]string{"ru": "(после 01:05 МСК)", "en": "(after 01:05 MSK)"} {
		for _, p := range []Page{LoginPassword{BlockedFor: time.Minute, BlockedUntil: until}, Code{Title: T(TitleCodeLogin), BlockedFor: time.Minute, BlockedUntil: until}} {
			mustHold(t, render(t, u, view(lang), p), want)
		}
	}
}

// TestLevelsAreExplained: the page of the account leads to where Help says how the
// level is raised, as long as it can be.
func TestLevelsAreExplained(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for _, lang := range Languages() {
		help, _ := u.Help(lang, "start")
		mustHold(t, string(help.Body), `<h2 id="levels">`)
		for level, want := range map[string]bool{"simplified": true, "standard": true, "confirmed": false} {
			if got := strings.Contains(render(t, u, view(lang), Account{Level: level}), `href="/help/start#levels"`); got != want {
				t.Errorf("%s: led to Help %v", level, got)
			}
		}
	}
}

// TestNumbersStayWhole: what is hidden of a phone must not stand on two lines.
func TestNumbersStayWhole(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	const masked, want = "+7 ··· ···-00-01", "&#43;7\u00a0···\u00a0···\u201100\u201101"
	for _, p := range []Page{Code{Title: T(TitleCodeLogin), Masked: masked}, AccountSecurity{Masked: masked}, AccountSecurity{Masked: masked, SecondFactor: true}, AccountConfirm{Change: "second_factor_on", Name: masked}} {
		mustHold(t, render(t, u, view("ru"), p), want)
	}
}

// TestTitlesNameTheSiteOnce: a page is not called what the site is.
func TestTitlesNameTheSiteOnce(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for _, lang := range Languages() {
		for _, p := range pages() {
			text := render(t, u, view(lang), p)
			_, title, _ := strings.Cut(text, "<title>")
			title, _, _ = strings.Cut(title, "</title>")
			name, site, _ := strings.Cut(title, " – ")
			if name == site || name == "" || site == "" {
				t.Errorf("%s in %s is called %q", p.Template(), lang, title)
			}
		}
	}
}
