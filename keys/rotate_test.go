package keys

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// pair is two instances of one provider.
type pair struct {
	*testing.T
	memory *memory
	clock  *clock
	a, b   *Ring
}

func newPair(t *testing.T) pair {
	m, c := &memory{}, newClock()
	return pair{t, m, c, newRing(t, m, c.Now), newRing(t, m, c.Now)}
}

// everywhere checks that what either signs, seals or MACs now, the other takes.
func (p pair) everywhere() {
	p.Helper()
	for _, way := range [][2]*Ring{{p.a, p.b}, {p.b, p.a}} {
		from, to := way[0], way[1]
		token, err := from.Sign(p.Context(), ES256, "at+jwt", map[string]string{"sub": "1"})
		if err != nil {
			p.Fatal(err)
		}
		if _, _, err := to.Verify(p.Context(), token, []string{ES256}); err != nil {
			p.Fatalf("a token of one instance at the other: %v", err)
		}
		sealed, err := from.Seal("flow", nil, []byte("state"))
		if err != nil {
			p.Fatal(err)
		}
		if _, err := to.Open("flow", nil, sealed); err != nil {
			p.Fatalf("a flow of one instance at the other: %v", err)
		}
		version := from.MACCurrent()
		one, err := from.MACVersion(version, "refresh", []byte("family"))
		if err != nil {
			p.Fatal(err)
		}
		two, err := to.MACVersion(version, "refresh", []byte("family"))
		if err != nil || !MACEqual(one, two) {
			p.Fatalf("a MAC of one instance at the other: %v", err)
		}
		// Whatever one writes the other finds by an index they share.
		written, looked := from.Index("phone", "+70000000001"), to.Index("phone", "+70000000001")
		if !slices.ContainsFunc(written, func(i BlindIndex) bool { return slices.Contains(looked, i) }) {
			p.Fatal("an identifier that one instance wrote is not found by the other")
		}
	}
}

func TestScheduledRotationWithoutOutage(t *testing.T) {
	p := newPair(t)
	// One day around the change of keys; each instance maintains itself, out of step.
	p.clock.add(90*24*time.Hour - 15*time.Minute)
	first, err := p.a.Sign(t.Context(), ES256, "", map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	for minute := range 24 * 60 {
		p.clock.add(time.Minute)
		switch minute % 10 {
		case 3:
			maintain(t, p.a)
		case 7:
			maintain(t, p.b)
		}
		p.everywhere()
		if _, _, err := p.b.Verify(t.Context(), first, []string{ES256}); err != nil {
			t.Fatalf("minute %d: an old token within its life: %v", minute, err)
		}
	}
	wantStates(t, p.a, UseSign, "1:retired 2:active")
}

// TestDueAt: a key in use is due at the end of its period, and the sooner of two
// ends when its successor was made.
func TestDueAt(t *testing.T) {
	clock := newClock()
	r := newRing(t, &memory{}, clock.Now)
	begun := clock.Now()
	for _, after := range []time.Duration{0, 90*24*time.Hour - 5*time.Minute} { // the second makes a successor, too late for the period
		clock.add(after)
		maintain(t, r)
		for _, info := range r.List() {
			due, late := r.DueAt(info), begun.Add(90*24*time.Hour)
			if after > 0 {
				late = clock.Now().Add(10 * time.Minute)
			}
			if ends := info.State == StateActive && info.Use != UseIndex; ends != due.Equal(late) || ends == due.IsZero() {
				t.Errorf("%s %s %s is due at %v", info.Use, info.Alg, info.State, due)
			}
		}
	}
}

func TestEmergencyRotationWithoutOutage(t *testing.T) {
	p := newPair(t)
	before, err := p.b.Sign(t.Context(), ES256, "", map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.a.slots {
		info, err := p.a.Rotate(t.Context(), s.use, s.alg, Emergency)
		if err != nil {
			t.Fatal(err)
		}
		if info.State != StateActive || info.Generation != 2 {
			t.Errorf("%+v is not active at once", info)
		}
		// The other has heard nothing of it, and still each takes the other's.
		p.everywhere()
	}
	maintain(t, p.b)
	p.everywhere()
	if _, _, err := p.a.Verify(t.Context(), before, []string{ES256}); err != nil {
		t.Errorf("a token of the old key: %v", err)
	}
	wantStates(t, p.b, UseSign, "1:retired 2:active")
}

func TestEmergencyWithPropagation(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now, func(config *Config) { config.Terms.EmergencyPublish = 5 * time.Second })
	if _, err := r.Rotate(t.Context(), UseSign, ES256, Emergency); err != nil {
		t.Fatal(err)
	}
	wantStates(t, r, UseSign, "1:active 2:next")
	c.add(5 * time.Second)
	wantStates(t, r, UseSign, "1:retired 2:active")
}

func TestCompromisedKeyEndsEverywhere(t *testing.T) {
	p := newPair(t)
	old, err := p.b.Sign(t.Context(), ES256, "", map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := p.b.Seal("flow", nil, []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	indexed := p.b.Index("email", "a@example.org")
	p.clock.add(time.Hour)
	if _, err := p.a.Rotate(t.Context(), UseSign, ES256, Scheduled); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.a.slots {
		if _, err := p.a.Rotate(t.Context(), s.use, "", Compromised); s.use != UseSign && err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.a.Rotate(t.Context(), UseSign, ES256, Compromised); err != nil {
		t.Fatal(err)
	}
	maintain(t, p.b)
	for name, r := range map[string]*Ring{"maker": p.a, "other": p.b} {
		wantStates(t, r, UseSign, "1:expired 2:expired 3:active")
		wantStates(t, r, UseBox, "1:expired 2:active")
		wantStates(t, r, UseMAC, "1:expired 2:active")
		wantStates(t, r, UseIndex, "1:retired 2:active")
		if _, _, err := r.Verify(t.Context(), old, []string{ES256}); !errors.Is(err, ErrToken) {
			t.Errorf("%s: a token of the compromised key: %v", name, err)
		}
		if _, err := r.Open("flow", nil, sealed); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: a flow of the compromised key: %v", name, err)
		}
		if _, err := r.MACVersion(1, "refresh"); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("%s: a MAC of the compromised key: %v", name, err)
		}
		if body, _ := r.JWKS(); strings.Count(string(body), `"kid"`) != 1 {
			t.Errorf("%s: publishes %s", name, body)
		}
		if !slices.Contains(r.Index("email", "a@example.org"), indexed[0]) {
			t.Errorf("%s: people can no longer be found", name)
		}
	}
	p.everywhere()
}

// An emergency overtakes the key that is published already: it may be known to
// the same thief, and would otherwise take over minutes later.
func TestEmergencyWithdrawsTheNextKey(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	for _, how := range []Rotation{Scheduled, Emergency} {
		if _, err := r.Rotate(t.Context(), UseSign, ES256, how); err != nil {
			t.Fatal(err)
		}
	}
	wantStates(t, r, UseSign, "1:retired 2:retired 3:active")
	c.add(time.Hour)
	maintain(t, r)
	wantStates(t, r, UseSign, "1:retired 2:retired 3:active")
	// The day counts from the emergency, not from the change that had been planned.
	c.add(23 * time.Hour)
	maintain(t, r)
	wantStates(t, r, UseSign, "1:expired 2:expired 3:active")
}

func TestScheduledTwiceMakesOneKey(t *testing.T) {
	p := newPair(t)
	one, err := p.a.Rotate(t.Context(), UseBox, "", Scheduled)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.b.Rotate(t.Context(), UseBox, "", Scheduled)
	if err != nil {
		t.Fatal(err)
	}
	if one != two || one.State != StateNext {
		t.Errorf("%+v and %+v", one, two)
	}
}

// lateStorage lets another instance add a key just before ours.
type lateStorage struct {
	*memory
	before func()
}

func (s *lateStorage) AddKey(ctx context.Context, record Record) (bool, error) {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	return s.memory.AddKey(ctx, record)
}

func TestEmergencyThatLosesTheRaceTriesAgain(t *testing.T) {
	m, c := &memory{}, newClock()
	other := newRing(t, m, c.Now)
	late := &lateStorage{memory: m}
	r := newRing(t, m, c.Now, func(config *Config) { config.Storage = late })
	late.before = func() {
		if _, err := other.Rotate(t.Context(), UseSign, ES256, Scheduled); err != nil {
			t.Error(err)
		}
	}
	info, err := r.Rotate(t.Context(), UseSign, ES256, Emergency)
	if err != nil {
		t.Fatal(err)
	}
	if info.Generation != 3 || info.State != StateActive {
		t.Errorf("%+v, want an active third key", info)
	}
	wantStates(t, r, UseSign, "1:retired 2:retired 3:active")
}

// The clock of the instance that starts second is behind.
func TestClockBehind(t *testing.T) {
	m, ahead, behind := &memory{}, newClock(), newClock()
	ahead.add(5 * time.Second)
	p := pair{t, m, ahead, newRing(t, m, ahead.Now), newRing(t, m, behind.Now)}
	p.everywhere()
	if _, err := p.a.Rotate(t.Context(), UseSign, ES256, Emergency); err != nil {
		t.Fatal(err)
	}
	p.everywhere()
	maintain(t, p.b)
	p.everywhere()
	if len(m.records) != 6 {
		t.Errorf("%d keys, want the first five and the emergency one", len(m.records))
	}
}

func TestRotateRefusesTheUnknown(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now)
	for _, of := range [][2]string{{"sig", "RS256"}, {"sig", ""}, {"sig", "none"}, {"box", "ES256"}, {"", ""}} {
		if _, err := r.Rotate(t.Context(), Use(of[0]), of[1], Emergency); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("%q: %v", of, err)
		}
	}
	if _, err := r.Rotate(t.Context(), UseSign, ES256, Rotation(9)); err == nil {
		t.Error("an unknown kind of rotation was done")
	}
}

func TestKEKRotation(t *testing.T) {
	m, c := &memory{}, newClock()
	old := newRing(t, m, c.Now)
	token, err := old.Sign(t.Context(), ES256, "", map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	mac := old.MAC("x")
	both := newRing(t, m, c.Now, func(config *Config) { config.KEK = mustKEK(t, kekB+kekA) })
	moved, err := both.Rewrap(t.Context())
	if err != nil || moved != 5 {
		t.Fatalf("moved %d keys: %v", moved, err)
	}
	if moved, err = both.Rewrap(t.Context()); err != nil || moved != 0 {
		t.Fatalf("moved %d keys again: %v", moved, err)
	}
	for _, info := range both.List() {
		if info.WrappedBy != "b" {
			t.Errorf("%s is still wrapped by %s", info.KID, info.WrappedBy)
		}
	}
	fresh := newRing(t, m, c.Now, func(config *Config) { config.KEK = mustKEK(t, kekB) })
	if _, _, err := fresh.Verify(t.Context(), token, []string{ES256}); err != nil {
		t.Error(err)
	}
	if !MACEqual(fresh.MAC("x"), mac) {
		t.Error("the MAC key changed")
	}
	if _, err := NewRing(t.Context(), Config{Storage: m, KEK: mustKEK(t, kekA), Now: c.Now}); !errors.Is(err, ErrSealed) {
		t.Errorf("the old key-encryption key alone: %v", err)
	}
}
