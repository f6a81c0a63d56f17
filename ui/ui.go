package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed pages parts i18n help
var files embed.FS

// View is what every page shows.
type View struct {
	Lang string // "ru", "en"
	// Theme is "light" or "dark"; empty leaves it to the browser.
	Theme string
	// RequestID is the number of the request, shown on error pages.
	RequestID string
	// Path is the address of the page with its query, for the language links.
	Path string
	// SignedInName is shown as the way to the own account; empty when nobody is
	// signed in or the page does not tell.
	SignedInName string
	// Account is the number of the account that the forms change: they carry it, so
	// that no other one is changed in its place.
	Account string
	// Sandbox marks every page as a trial; Exposed warns that strangers may see it.
	Sandbox, Exposed bool
	// Issuer is the provider's address, of which people are told the host.
	Issuer string
}

// UI renders pages and messages; safe for use by many goroutines.
type UI struct {
	texts map[string]*texts
	pages map[string]map[string]*template.Template // language → page
	help  map[string]map[string]HelpText           // language → name
}

// New parses every template in every language. A sentence that a template names
// and a language lacks is an error, as is one that another language has.
func New() (*UI, error) {
	u := &UI{texts: map[string]*texts{}, pages: map[string]map[string]*template.Template{}}
	for _, lang := range Languages() {
		t, err := loadTexts(lang)
		if err != nil {
			return nil, err
		}
		u.texts[lang] = t
		if u.pages[lang], err = parsePages(lang, t); err != nil {
			return nil, err
		}
	}
	if err := sameTexts(u.texts); err != nil {
		return nil, err
	}
	var err error
	u.help, err = loadHelp()
	return u, err
}

func parsePages(lang string, t *texts) (map[string]*template.Template, error) {
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	layout, err := template.New("layout").Funcs(functions(lang, t)).ParseFS(files, "parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("ui: parts: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		page, err := layout.Clone()
		if err != nil {
			return nil, fmt.Errorf("ui: %s: %w", name, err)
		}
		if page, err = page.ParseFS(files, name); err != nil {
			return nil, fmt.Errorf("ui: %s: %w", name, err)
		}
		if err := checkTexts(page, t); err != nil {
			return nil, fmt.Errorf("ui: %s in %s: %w", name, lang, err)
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = page
	}
	return pages, nil
}

// data is what templates see: the view's fields, the page's own as .Page, and what
// is wrong on it.
type data struct {
	View
	Page     Page
	Problems []Problem
}

// Headline is what is wrong with the form as a whole, the zero Text when nothing is.
func (d data) Headline() Text {
	for _, problem := range d.Problems {
		if problem.Anchor == "" {
			return problem.Text
		}
	}
	return Text{}
}

// FieldProblems are those that are mended in a field.
func (d data) FieldProblems() []Problem {
	return slices.DeleteFunc(slices.Clone(d.Problems), func(p Problem) bool { return p.Anchor == "" })
}

// Render writes a page, whole or not at all.
func (u *UI) Render(w io.Writer, v View, p Page) error {
	t := u.pages[v.Lang][p.Template()]
	if t == nil {
		return fmt.Errorf("ui: no page %q in language %q", p.Template(), v.Lang)
	}
	var buffer bytes.Buffer
	if err := t.ExecuteTemplate(&buffer, "layout.html", data{v, p, problemsOf(p)}); err != nil {
		return fmt.Errorf("ui: page %s: %w", p.Template(), err)
	}
	_, err := buffer.WriteTo(w)
	return err
}
