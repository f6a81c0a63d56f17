package keys

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestIndexRotation(t *testing.T) {
	p := newPair(t)
	old := p.a.Index("snils", "11223344595")
	if len(old) != 1 || old[0].Version != 1 {
		t.Fatalf("%v, want the first version alone", old)
	}
	if _, err := p.a.Rotate(t.Context(), UseIndex, "", Scheduled); err != nil {
		t.Fatal(err)
	}
	maintain(t, p.b)
	if got := p.b.Index("snils", "11223344595"); !slices.Equal(got, old) {
		t.Errorf("%v while the next key waits, want %v", got, old)
	}
	p.clock.add(10 * time.Minute)
	both := p.b.Index("snils", "11223344595")
	if len(both) != 2 || both[0].Version != 2 || both[1] != old[0] || both[0].Value == both[1].Value {
		t.Fatalf("%v, want the second version, then the first", both)
	}
	p.clock.add(1000 * 24 * time.Hour)
	maintain(t, p.a, p.b)
	if got := p.a.Index("snils", "11223344595"); !slices.Equal(got, both) {
		t.Errorf("%v after years, want both: it ends by command only", got)
	}
	if err := p.a.Expire(t.Context(), "index-2"); !errors.Is(err, ErrKeyInUse) {
		t.Errorf("the active key: %v", err)
	}
	if err := p.a.Expire(t.Context(), "index-9"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a key that never was: %v", err)
	}
	if err := p.a.Expire(t.Context(), "index-1"); err != nil {
		t.Fatal(err)
	}
	if got := p.a.Index("snils", "11223344595"); !slices.Equal(got, both[:1]) {
		t.Errorf("%v, want the second version alone", got)
	}
}

func TestIndexSeparatesKinds(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now)
	seen := map[BlindIndex]string{}
	for _, of := range [][2]string{{"phone", "1"}, {"phone", "2"}, {"email", "1"}, {"", "phone1"}, {"phone1", ""}} {
		index := r.Index(of[0], of[1])[0]
		if other, double := seen[index]; double {
			t.Errorf("%q has the index of %s", of, other)
		}
		seen[index] = of[0] + "/" + of[1]
		if again := r.Index(of[0], of[1])[0]; again != index {
			t.Errorf("%q has two indexes", of)
		}
	}
}
