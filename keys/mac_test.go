package keys

import (
	"errors"
	"testing"
	"time"
)

func TestMACKeepsOldVersions(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	mac := r.MAC("refresh", []byte("family"), []byte("1"))
	for rotation := range 3 {
		if _, err := r.Rotate(t.Context(), UseMAC, AlgMAC, Emergency); err != nil {
			t.Fatal(err)
		}
		if got := int(r.MACCurrent()); got != rotation+2 {
			t.Errorf("the current version is %d", got)
		}
		c.add(30 * 24 * time.Hour)
		maintain(t, r)
		old, err := r.MACVersion(1, "refresh", []byte("family"), []byte("1"))
		if err != nil || !MACEqual(old, mac) {
			t.Errorf("the first version after %d rotations: %v", rotation+1, err)
		}
		if MACEqual(r.MAC("refresh", []byte("family"), []byte("1")), mac) {
			t.Error("two versions give the same MAC")
		}
	}
	c.add(400 * 24 * time.Hour)
	maintain(t, r)
	if _, err := r.MACVersion(1, "refresh", []byte("family"), []byte("1")); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("the first version past its time: %v", err)
	}
	if _, err := r.MACVersion(200, "refresh"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a version that never was: %v", err)
	}
}

func TestMACSeparatesParts(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now)
	seen := map[string]bool{}
	for _, parts := range [][]string{{"p"}, {"p", ""}, {"p", "", ""}, {"p", "ab", "c"}, {"p", "a", "bc"}, {"p", "abc"}, {"pa", "bc"}, {"p\x00\x00\x00\x01a"}, {"p", "a"}} {
		var rest [][]byte
		for _, part := range parts[1:] {
			rest = append(rest, []byte(part))
		}
		mac := r.MAC(parts[0], rest...)
		if len(mac) != 32 || seen[string(mac)] {
			t.Errorf("%q: not a MAC of its own", parts)
		}
		seen[string(mac)] = true
	}
}
