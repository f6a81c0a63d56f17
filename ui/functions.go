package ui

import (
	"fmt"
	"html/template"
	"net/url"
	"time"
)

// functions are what templates may call, in one language.
func functions(lang string, t *texts) template.FuncMap {
	return template.FuncMap{
		"t": func(id string, args ...any) (string, error) {
			text := T(id, args...)
			return t.get(text.ID, text.Args)
		},
		"text":     func(text Text) (string, error) { return t.get(text.ID, text.Args) },
		"static":   staticURL,
		"field":    field,
		"date":     func(at time.Time) string { return localTime(at).Format(dateLayouts[lang]) },
		"datetime": func(at time.Time) string { return localTime(at).Format(dateLayouts[lang] + ", 15:04") },
		"iso":      func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"minutes":  func(d time.Duration) int { return max(1, int((d+time.Minute-1)/time.Minute)) },
		"inlang":   inLanguage,
		"seconds":  func(d time.Duration) int { return int((d + time.Second - 1) / time.Second) },
	}
}

var dateLayouts = map[string]string{"ru": "02.01.2006", "en": "2 January 2006"}

// localTime is Moscow time, in which state services count.
func localTime(at time.Time) time.Time { return at.In(moscow) }

var moscow = time.FixedZone("MSK", 3*60*60)

// input is one field of a form with its label.
type input struct {
	Name, Label, Hint, Type, Autocomplete, Mode, Width string
	Field                                              Field
}

// field is an input for parts/field.html: the name, the field, then name and
// value of the other properties.
func field(name string, f Field, props ...string) (input, error) {
	i := input{Name: name, Field: f, Type: "text"}
	for n := 0; n+1 < len(props); n += 2 {
		switch props[n] {
		case "label":
			i.Label = props[n+1]
		case "hint":
			i.Hint = props[n+1]
		case "type":
			i.Type = props[n+1]
		case "autocomplete":
			i.Autocomplete = props[n+1]
		case "mode":
			i.Mode = props[n+1]
		case "width":
			i.Width = props[n+1]
		default:
			return i, fmt.Errorf("ui: field has no property %q", props[n])
		}
	}
	return i, nil
}

// inLanguage is an address of ours in another language.
func inLanguage(address, lang string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/?lang=" + lang
	}
	q := u.Query()
	q.Set("lang", lang)
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
}
