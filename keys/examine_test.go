package keys

import (
	"slices"
	"testing"
	"time"
)

// TestExamine: it tells what is missing, late and sealed, and makes nothing.
func TestExamine(t *testing.T) {
	m, c := &memory{}, newClock()
	config := Config{Storage: m, KEK: mustKEK(t, kekA), Now: c.Now, Algorithms: []string{ES256}}
	look := func() []Standing {
		t.Helper()
		all, err := Examine(t.Context(), config)
		if err != nil || len(all) != 5 {
			t.Fatal(all, err)
		}
		return all
	}
	if all := look(); len(m.records) != 0 || slices.ContainsFunc(all, func(s Standing) bool { return s.Active != "" }) {
		t.Errorf("of nothing: %+v", all)
	}
	ring, err := NewRing(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	late := func(s Standing) bool { return s.Late || s.Active == "" || len(s.Sealed) > 0 }
	if all := look(); slices.ContainsFunc(all, late) {
		t.Errorf("new: %+v", all)
	}
	c.add(90*24*time.Hour - time.Minute)
	if all := look(); !all[0].Late || all[3].Use != UseIndex || all[3].Late {
		t.Errorf("nobody tends it: %+v", all)
	}
	if err := ring.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := look(); slices.ContainsFunc(all, late) {
		t.Errorf("tended: %+v", all)
	}
	config.KEK = mustKEK(t, kekB)
	if all := look(); len(all[0].Sealed) != 2 || all[0].Active == "" {
		t.Errorf("another key-encryption key: %+v", all)
	}
}
