package ui

import (
	"reflect"
	"strings"
	"testing"
)

// maxFlow is the length of a flow that is sealed rather than stored.
const maxFlow = 1500

// TestWeight holds the budgets: 8 kB for a fresh page with the longest flow, 10 kB for
// the styles, 30 kB for a first visit. Pages count as sent: they are not
// compressed.
func TestWeight(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	flow, heaviest := strings.Repeat("f", maxFlow), 0
	for _, p := range pages() {
		v := reflect.New(reflect.TypeOf(p)).Elem()
		v.Set(reflect.ValueOf(p))
		field := v.FieldByName("Flow")
		if !field.IsValid() {
			continue
		}
		field.SetString(flow)
		page, ok := v.Interface().(Page)
		if !ok {
			t.Fatalf("%T is no page", v.Interface())
		}
		if len(problemsOf(page)) > 0 {
			continue // a refused form is no first visit
		}
		size := len(render(t, u, view("ru"), page))
		if size > 8<<10 {
			t.Errorf("%s is %d bytes, want at most 8 kB", p.Template(), size)
		}
		heaviest = max(heaviest, size)
	}
	if size := len(assets["style.css"].compressed); size > 10<<10 {
		t.Errorf("the styles are %d bytes compressed, want at most 10 kB", size)
	}
	total := heaviest
	for _, a := range assets {
		total += len(a.compressed)
	}
	if total > 30<<10 {
		t.Errorf("a first visit is %d bytes, want at most 30 kB", total)
	}
	t.Logf("heaviest page %d, first visit %d bytes", heaviest, total)
}
