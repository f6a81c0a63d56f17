package ui

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
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
		"rules":    passwordRules,
		"refused":  passwordErrors,
		"day":      func(on time.Time) string { return day(lang, on) },
		"date":     func(at time.Time) string { return day(lang, at.In(moscow)) },
		"datetime": func(at time.Time) string { return moment(lang, at) },
		"clock":    func(at time.Time) string { return clock(lang, at) },
		"whole":    whole,
		"iso":      func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"inlang":   inLanguage,
		"away":     away,
		"host":     host,
		"seconds":  func(d time.Duration) int { return int((d + time.Second - 1) / time.Second) },
		"countdown": func(d time.Duration) string {
			left := int((d + time.Second - 1) / time.Second)
			return fmt.Sprintf("%d:%02d", left/60, left%60)
		},
	}
}

// input is one field of a form with its label.
type input struct {
	Name, Label, Hint, Type, Autocomplete, Mode, Width, Capitalize string
	Optional                                                       bool
	Field                                                          Field
}

// field is an input for the part of that name: the name, the field, then name and
// value of the other properties.
func field(name string, f Field, props ...string) (input, error) {
	i := input{Name: name, Field: f, Type: "text", Capitalize: "none"}
	for n := 0; n+1 < len(props); n += 2 {
		value := props[n+1]
		switch props[n] {
		case "label":
			i.Label = value
		case "hint":
			i.Hint = value
		case "type":
			i.Type = value
		case "autocomplete":
			i.Autocomplete = value
		case "mode":
			i.Mode = value
		case "width":
			i.Width = value
		case "capitalize":
			i.Capitalize = value
		case "optional":
			i.Optional = value == "yes"
		default:
			return i, fmt.Errorf("ui: field has no property %q", props[n])
		}
	}
	return i, nil
}

// rule is a rule for passwords, and whether the last one tried broke it.
type rule struct {
	Text   Text
	Broken bool
}

// passwordRules are the rules to show: those given or of the default policy.
func passwordRules(rules, broken []Text) []rule {
	if rules == nil {
		rules = []Text{T(PasswordTooShort, "Length", 12), T(PasswordNoUpper), T(PasswordNoLower), T(PasswordNoDigit), T(PasswordNoSpecial)}
	}
	var all []rule
	for _, text := range rules {
		all = append(all, rule{text, slices.ContainsFunc(broken, func(b Text) bool { return b.ID == text.ID })})
	}
	return all
}

// passwordErrors are what is wrong with a new password beside the rules that are
// shown, without what is wrong with its repetition.
func passwordErrors(problem Text, rules, broken []Text) []Text {
	var all []Text
	if !problem.IsZero() && problem.ID != PasswordsDiffer {
		all = append(all, problem)
	}
	shown := passwordRules(rules, nil)
	for _, text := range broken {
		if !slices.ContainsFunc(shown, func(r rule) bool { return r.Text.ID == text.ID }) {
			all = append(all, text)
		}
	}
	return all
}

// away is an address of a service, which may be an app's with a scheme of its own
// (RFC 8252 §7.1); templates refuse what is neither http nor mailto. Schemes that
// run or show what the address holds stay refused.
func away(address string) any {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	switch u.Scheme {
	case "", "javascript", "vbscript", "data", "blob", "filesystem", "file", "about", "view-source":
		return address
	}
	return template.URL(address) //nolint:gosec // registered for the service, and see above
}

// host is the name and port in an address of ours, empty when there is none.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
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
