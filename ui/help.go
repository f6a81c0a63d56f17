package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/parser"
)

// HelpText is a help or legal page: help/<name>.<language>.md, the first line of
// which is its title.
type HelpText struct {
	Title string
	Body  template.HTML
}

// markdown lets a heading have an id, {#levels}, that pages lead to.
var markdown = goldmark.New(goldmark.WithParserOptions(parser.WithHeadingAttribute()))

func loadHelp() (map[string]map[string]HelpText, error) {
	all := map[string]map[string]HelpText{}
	entries, err := files.ReadDir("help")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name, lang, ok := strings.Cut(strings.TrimSuffix(entry.Name(), ".md"), ".")
		if !ok {
			return nil, fmt.Errorf("ui: help page %s has no language", entry.Name())
		}
		raw, err := files.ReadFile(path.Join("help", entry.Name()))
		if err != nil {
			return nil, err
		}
		title, body, _ := bytes.Cut(raw, []byte("\n"))
		var html bytes.Buffer
		if err := markdown.Convert(body, &html); err != nil {
			return nil, fmt.Errorf("ui: help page %s: %w", entry.Name(), err)
		}
		if all[lang] == nil {
			all[lang] = map[string]HelpText{}
		}
		// The text is ours and goldmark passes no raw HTML on.
		all[lang][name] = HelpText{Title: strings.TrimPrefix(string(title), "# "), Body: template.HTML(html.String())} //nolint:gosec // see above
	}
	return all, nil
}

// Help finds a help page.
func (u *UI) Help(lang, name string) (Help, bool) {
	text, ok := u.help[lang][name]
	return Help{HelpText: text}, ok
}
