package ui

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestInjection puts markup into every string of every page and of its view.
func TestInjection(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	const probe = `"><script>x</script><img src=x onerror=x>'`
	poisoned := View{Lang: "ru", Path: probe, RequestID: probe, Theme: probe, SignedInName: probe, Issuer: probe, Sandbox: true}
	for _, p := range pages() {
		if _, help := p.(Help); help {
			continue // its text is ours
		}
		v := reflect.New(reflect.TypeOf(p)).Elem()
		v.Set(reflect.ValueOf(p))
		poison(v, probe)
		page, ok := v.Interface().(Page)
		if !ok {
			t.Fatalf("%T is no page", v.Interface())
		}
		text := render(t, u, poisoned, page)
		if strings.Contains(text, "<script>x") || strings.Contains(text, "<img src=x") {
			t.Errorf("%s lets markup through", p.Template())
		}
	}
}

// poison sets every free string; ids of texts and codes that choose a text stay.
func poison(v reflect.Value, probe string) {
	switch v.Kind() {
	case reflect.Struct:
		if text, ok := v.Interface().(Text); ok {
			for name, value := range text.Args {
				if _, free := value.(string); free {
					text.Args[name] = probe
				}
			}
			return
		}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if slices.Contains([]string{"Level", "Required", "Current", "Lacks", "Label", "Delivery", "Change"}, name) || v.Type() == reflect.TypeFor[ConsentScope]() && name == "Name" || name == "Scopes" && v.Type() == reflect.TypeFor[AccountService]() {
				continue
			}
			if v.Field(i).CanSet() {
				poison(v.Field(i), probe)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), probe)
		}
	case reflect.String:
		v.SetString(probe)
	default:
	}
}
