package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
)

//go:embed pages parts i18n help
var files embed.FS

// Page is one page with what it shows.
type Page interface {
	// Template is the page's name: its file is pages/<name>.html.
	Template() string
}

// View is what every page shows.
type View struct {
	Lang string // "ru", "en"
	// RequestID is the number of the request, shown on error pages.
	RequestID string
	// Path is the address of the page with its query, for the language links.
	Path     string
	SignedIn bool
	// Sandbox marks every page as a trial; Exposed warns that strangers may see it.
	Sandbox, Exposed bool
	Issuer           string
}

// UI renders pages and messages; safe for use by many goroutines.
type UI struct {
	texts map[string]*texts
	pages map[string]map[string]*template.Template // language → page
	help  map[string]map[string]HelpText           // language → name
}

// New parses every template in every language.
func New() (*UI, error) {
	u := &UI{texts: map[string]*texts{}, pages: map[string]map[string]*template.Template{}}
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, lang := range Languages() {
		t, err := loadTexts(lang)
		if err != nil {
			return nil, err
		}
		u.texts[lang] = t
		layout, err := template.New("layout").Funcs(functions(lang, t)).ParseFS(files, "parts/*.html")
		if err != nil {
			return nil, fmt.Errorf("ui: parts: %w", err)
		}
		u.pages[lang] = map[string]*template.Template{}
		for _, name := range names {
			page, err := template.Must(layout.Clone()).ParseFS(files, name)
			if err != nil {
				return nil, fmt.Errorf("ui: %s: %w", name, err)
			}
			u.pages[lang][strings.TrimSuffix(path.Base(name), ".html")] = page
		}
	}
	u.help, err = loadHelp()
	return u, err
}

// data is what templates see: .View and the page's own fields as .Page.
type data struct {
	View
	Page Page
}

// Render writes a page, whole or not at all.
func (u *UI) Render(w io.Writer, v View, p Page) error {
	t := u.pages[v.Lang][p.Template()]
	if t == nil {
		return fmt.Errorf("ui: no page %q in language %q", p.Template(), v.Lang)
	}
	var buffer bytes.Buffer
	if err := t.ExecuteTemplate(&buffer, "layout.html", data{v, p}); err != nil {
		return fmt.Errorf("ui: page %s: %w", p.Template(), err)
	}
	_, err := buffer.WriteTo(w)
	return err
}
