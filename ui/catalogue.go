package ui

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

// texts are the sentences of one language. Plain ones come from a map; those
// with arguments or plurals go through go-i18n.
type texts struct {
	plain     map[string]string
	ids       map[string]struct{}
	localizer *i18n.Localizer
	parser    template.Parser
}

func loadTexts(lang string) (*texts, error) {
	name := "i18n/" + lang + ".json"
	raw, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	bundle := i18n.NewBundle(language.Make(lang))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	if _, err := bundle.ParseMessageFileBytes(raw, lang+".json"); err != nil {
		return nil, fmt.Errorf("ui: %s: %w", name, err)
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("ui: %s: %w", name, err)
	}
	t := &texts{
		plain: map[string]string{}, ids: map[string]struct{}{}, localizer: i18n.NewLocalizer(bundle, lang),
		// An argument that is missing must not become "<no value>" in a sentence.
		parser: &template.TextParser{Option: "missingkey=error"},
	}
	for id, text := range all {
		t.ids[id] = struct{}{}
		if s, ok := text.(string); ok && !strings.Contains(s, "{{") {
			t.plain[id] = s
		}
	}
	return t, nil
}

// has tells whether there is such a sentence.
func (t *texts) has(id string) bool {
	_, ok := t.ids[id]
	return ok
}

// get is a sentence with its arguments; "Count" chooses the plural.
func (t *texts) get(id string, args map[string]any) (string, error) {
	if s, ok := t.plain[id]; ok {
		return s, nil
	}
	if args == nil {
		args = map[string]any{} // of nil, the parser would not notice what is missing
	}
	s, err := t.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: args, PluralCount: args["Count"], TemplateParser: t.parser})
	if err != nil {
		return "", fmt.Errorf("ui: text %q: %w", id, err)
	}
	return s, nil
}
