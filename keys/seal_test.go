package keys

import (
	"bytes"
	"errors"
	"testing"
)

func TestDataKey(t *testing.T) {
	kek := mustKEK(t, kekA)
	key, wrapped, err := NewDataKey(kek, []byte("account 1"))
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Seal([]byte("Иван"), "person", "17", "3")
	opened, err := OpenDataKey(kek, wrapped, []byte("account 1"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := opened.Open(sealed, "person", "17", "3"); err != nil || string(got) != "Иван" {
		t.Errorf("%q %v", got, err)
	}
	if bytes.Equal(sealed, key.Seal([]byte("Иван"), "person", "17", "3")) {
		t.Error("two seals of one value are the same")
	}
	for _, place := range [][]string{nil, {"person"}, {"person", "17"}, {"person", "17", "4"}, {"person", "173"}, {"person1", "7", "3"}, {"person", "17", "3", ""}} {
		if _, err := key.Open(sealed, place...); !errors.Is(err, ErrSealed) {
			t.Errorf("moved to %q: %v", place, err)
		}
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := key.Open(altered, "person", "17", "3"); !errors.Is(err, ErrSealed) {
			t.Errorf("byte %d altered: %v", i, err)
		}
		if _, err := key.Open(sealed[:i], "person", "17", "3"); !errors.Is(err, ErrSealed) {
			t.Errorf("cut to %d: %v", i, err)
		}
	}
	if _, err := OpenDataKey(kek, wrapped, []byte("account 2")); !errors.Is(err, ErrSealed) {
		t.Errorf("another account's key: %v", err)
	}
	other, _, err := NewDataKey(kek, []byte("account 1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(sealed, "person", "17", "3"); !errors.Is(err, ErrSealed) {
		t.Errorf("under another key: %v", err)
	}
	if _, err := (DataKey{}).Open(sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("under no key: %v", err)
	}
	moved, changed, err := RewrapDataKey(mustKEK(t, kekB+kekA), wrapped, []byte("account 1"))
	if err != nil || !changed {
		t.Fatalf("rewrap: %v %v", changed, err)
	}
	if opened, err = OpenDataKey(mustKEK(t, kekB), moved, []byte("account 1")); err != nil {
		t.Fatal(err)
	}
	if _, err := opened.Open(sealed, "person", "17", "3"); err != nil {
		t.Errorf("after the move: %v", err)
	}
}

// A key of the ring and a data key cannot stand in for each other.
func TestWrappedKeysDoNotMix(t *testing.T) {
	m := &memory{}
	newRing(t, m, newClock().Now)
	for i := range m.records {
		if _, err := OpenDataKey(mustKEK(t, kekA), m.records[i].Sealed, recordAAD(&m.records[i])); !errors.Is(err, ErrSealed) {
			t.Errorf("%s opened as a data key: %v", m.records[i].KID, err)
		}
	}
}

func TestFrameNeverCollides(t *testing.T) {
	seen := map[string][]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"\x00\x00\x00\x01a"}, {"a\x00\x00\x00\x01b"}} {
		framed := string(frame(parts...))
		if other, double := seen[framed]; double {
			t.Errorf("%q and %q give the same bytes", parts, other)
		}
		seen[framed] = parts
	}
}

func TestRandom(t *testing.T) {
	if a, b := RandomToken(16), RandomToken(16); len(a) != 22 || a == b {
		t.Errorf("%q %q", a, b)
	}
	var counts [10]int
	const n = 1000000
	digits := RandomDigits(n)
	if len(digits) != n {
		t.Fatalf("%d digits", len(digits))
	}
	for _, d := range digits {
		counts[d-'0']++
	}
	for d, count := range counts {
		// Six standard deviations, which chance never reaches. Bytes modulo ten would be short of 6 to 9 by 2,344.
		if count < n/10-1800 || count > n/10+1800 {
			t.Errorf("digit %d came %d times of %d", d, count, n)
		}
	}
	if len(RandomDigits(6)) != 6 || RandomDigits(0) != "" {
		t.Error("wrong length")
	}
}
