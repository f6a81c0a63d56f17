package ui

import (
	"strings"
	"testing"
)

// TestMessages renders each message in each language.
func TestMessages(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	args := map[string]any{"Code": "123456", "Host": "id.example.ru", "Link": "https://id.example.ru/l"}
	for _, lang := range Languages() {
		for _, name := range constants(t, "message.go") {
			m, err := u.Message(lang, name, args)
			if err != nil {
				t.Error(err)
			}
			if strings.HasSuffix(name, "_code_sms") && (!strings.HasSuffix(m.Text, "\n@id.example.ru #123456") || !strings.Contains(m.Text, "123456.")) {
				t.Errorf("%s: the code must be told, and the last line bind it to the domain: %q", name, m.Text)
			}
			if strings.HasSuffix(name, "_email") == (m.Subject == "") || strings.Contains(m.Text+m.Subject, "<no value>") {
				t.Errorf("%s: %+v", name, m)
			}
			if _, err := u.Message(lang, name, nil); err == nil {
				t.Errorf("%s without its arguments is no error", name)
			}
		}
	}
	for _, wrong := range [][2]string{{"xx", MessageLoginSMS}, {"ru", "nothing_sms"}} {
		if _, err := u.Message(wrong[0], wrong[1], args); err == nil {
			t.Errorf("%v is no error", wrong)
		}
	}
}

// TestMessagesSendToNoSupport: there is no contact of support that a message could
// name, and the site's own name is none.
func TestMessagesSendToNoSupport(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for _, name := range constants(t, "message.go") {
		for lang, word := range map[string]string{"ru": "поддержк", "en": "support"} {
			m, err := u.Message(lang, name, map[string]any{"Code": "123456", "Host": "id.example.ru", "Link": "https://id.example.ru/"})
			if err != nil || strings.Contains(m.Text, word) {
				t.Errorf("%s: %q, %v", name, m.Text, err)
			}
		}
	}
}

// TestHelp checks that each help page is there in each language, safe.
func TestHelp(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for _, lang := range Languages() {
		if len(u.help[lang]) != len(u.help["ru"]) {
			t.Errorf("%d help pages in %s, %d in Russian", len(u.help[lang]), lang, len(u.help["ru"]))
		}
		for _, name := range []string{"start", "terms", "personal-data", "journal", "operate", "operate-metrics"} {
			page, ok := u.Help(lang, name)
			if !ok || page.Title == "" || !strings.Contains(string(page.Body), "<p>") {
				t.Errorf("help page %s in %s: %+v", name, lang, page)
			}
			mustHold(t, render(t, u, View{Lang: lang}, page), "<h1", page.Title)
		}
	}
	if _, ok := u.Help("ru", "../doc"); ok {
		t.Error("a help page that is not there was found")
	}
}
