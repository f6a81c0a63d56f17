package keys

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is a Storage as the real one behaves: unique by use, algorithm and
// generation, microseconds, and copies in and out.
type memory struct {
	mu      sync.Mutex
	records []Record
	reads   int
	failing error
}

func (m *memory) Keys(context.Context) ([]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	if m.failing != nil {
		return nil, m.failing
	}
	out := slices.Clone(m.records)
	for i := range out {
		out[i].Sealed = bytes.Clone(out[i].Sealed)
	}
	return out, nil
}

func (m *memory) AddKey(_ context.Context, record Record) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, other := range m.records {
		if other.slot() == record.slot() && other.Generation == record.Generation {
			return false, nil
		}
		if other.KID == record.KID {
			return false, errors.New("two keys of one name")
		}
	}
	m.records = append(m.records, record)
	return true, nil
}

func (m *memory) UpdateKey(_ context.Context, record Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.records {
		if r := &m.records[i]; r.KID == record.KID {
			r.CreatedAt, r.ActivateAt, r.RetireAt, r.ExpireAt = record.CreatedAt, record.ActivateAt, record.RetireAt, record.ExpireAt
			r.Sealed = record.Sealed
			return nil
		}
	}
	return errors.New("no such key")
}

func (m *memory) readCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const (
	kekA = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	kekB = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
)

func mustKEK(t testing.TB, text string) KEK {
	t.Helper()
	kek, err := ParseKEK(text)
	if err != nil {
		t.Fatal(err)
	}
	return kek
}

// newRing has no RSA key unless asked: most tests are about times.
func newRing(t testing.TB, m *memory, now func() time.Time, change ...func(*Config)) *Ring {
	t.Helper()
	config := Config{
		Storage: m, KEK: mustKEK(t, kekA), Now: now, Algorithms: []string{ES256},
		Terms: Terms{RereadEvery: time.Millisecond},
	}
	for _, c := range change {
		c(&config)
	}
	r, err := NewRing(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func maintain(t testing.TB, rings ...*Ring) {
	t.Helper()
	for _, r := range rings {
		if err := r.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// states lists one slot as "generation:state …".
func states(r *Ring, use Use) string {
	var out []string
	for _, info := range r.List() {
		if info.Use == use {
			out = append(out, string(rune('0'+info.Generation))+":"+string(info.State))
		}
	}
	return strings.Join(out, " ")
}

func wantStates(t *testing.T, r *Ring, use Use, want string) {
	t.Helper()
	if got := states(r, use); got != want {
		t.Errorf("%s keys are %q, want %q", use, got, want)
	}
}

func TestFirstStart(t *testing.T) {
	m := &memory{}
	r := newRing(t, m, newClock().Now, func(c *Config) { c.Algorithms = nil })
	kids := map[string]bool{}
	for _, info := range r.List() {
		if info.State != StateActive || info.Generation != 1 || info.WrappedBy != "a" {
			t.Errorf("%+v is not an active first key", info)
		}
		kids[info.KID] = true
	}
	if len(kids) != 8 {
		t.Errorf("%d keys, want 8 different ones", len(kids))
	}
	if m.readCount() != 2 {
		t.Errorf("%d reads at the first start, want 2", m.readCount())
	}
	again := newRing(t, m, newClock().Now, func(c *Config) { c.Algorithms = nil })
	if !slices.Equal(again.List(), r.List()) {
		t.Error("a second start has other keys")
	}
	if m.readCount() != 3 {
		t.Errorf("%d reads after a second start, want one more", m.readCount())
	}
}

func TestStatesOverTime(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	period, publish := 90*24*time.Hour, 10*time.Minute
	step := func(d time.Duration, sig, box, mac, index string) {
		t.Helper()
		c.add(d)
		maintain(t, r)
		wantStates(t, r, UseSign, sig)
		wantStates(t, r, UseBox, box)
		wantStates(t, r, UseMAC, mac)
		wantStates(t, r, UseIndex, index)
	}
	step(period-publish-time.Second, "1:active", "1:active", "1:active", "1:active")
	step(time.Second, "1:active 2:next", "1:active 2:next", "1:active 2:next", "1:active")
	step(publish-time.Second, "1:active 2:next", "1:active 2:next", "1:active 2:next", "1:active")
	step(time.Second, "1:retired 2:active", "1:retired 2:active", "1:retired 2:active", "1:active")
	step(24*time.Hour-time.Second, "1:retired 2:active", "1:retired 2:active", "1:retired 2:active", "1:active")
	step(time.Second, "1:expired 2:active", "1:retired 2:active", "1:retired 2:active", "1:active")
	step(24*time.Hour, "1:expired 2:active", "1:expired 2:active", "1:retired 2:active", "1:active")
	// Asleep far beyond the period: the next key is published in full before it is used.
	step(200*24*time.Hour, "1:expired 2:active 3:next", "1:expired 2:active 3:next", "1:retired 2:active 3:next", "1:active")
	step(publish, "1:expired 2:retired 3:active", "1:expired 2:retired 3:active", "1:retired 2:retired 3:active", "1:active")

	before := m.readCount()
	maintain(t, r)
	if got := m.readCount() - before; got != 1 {
		t.Errorf("an idle Maintain reads %d times, want once", got)
	}
}

func TestJWKSHoldsNextActiveAndRetired(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	count := func(want int) {
		t.Helper()
		maintain(t, r)
		body, _ := r.JWKS()
		if got := strings.Count(string(body), `"kid"`); got != want {
			t.Errorf("%d keys are published, want %d", got, want)
		}
	}
	_, first := r.JWKS()
	count(1)
	if _, etag := r.JWKS(); etag != first {
		t.Error("the ETag changed though the keys did not")
	}
	if _, err := r.Rotate(t.Context(), UseSign, ES256, Scheduled); err != nil {
		t.Fatal(err)
	}
	count(2)
	if _, etag := r.JWKS(); etag == first {
		t.Error("the ETag did not change though the keys did")
	}
	c.add(10 * time.Minute)
	count(2)
	c.add(24 * time.Hour)
	count(1)
}

// A maker that stops between adding a key and retiring its predecessor leaves
// the rest to the others.
func TestMaintainSettlesWhatAStoppedInstanceLeft(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	info, err := r.Rotate(t.Context(), UseSign, ES256, Emergency)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	for i := range m.records {
		m.records[i].RetireAt, m.records[i].ExpireAt = time.Time{}, time.Time{}
	}
	m.mu.Unlock()
	maintain(t, r)
	wantStates(t, r, UseSign, "1:retired 2:active")
	if end := r.List()[3].ExpireAt; !end.IsZero() {
		t.Errorf("ends at %s at once, want to leave that to the maker", end)
	}
	c.add(time.Minute)
	maintain(t, r)
	for _, got := range r.List() {
		if got.Use == UseSign && got.Generation == 1 && !got.ExpireAt.Equal(info.ActivateAt.Add(24*time.Hour)) {
			t.Errorf("the old key ends at %s", got.ExpireAt)
		}
	}
	c.add(24 * time.Hour)
	maintain(t, r)
	wantStates(t, r, UseSign, "1:expired 2:active")
}

func TestCreationRace(t *testing.T) {
	m, c := &memory{}, newClock()
	const instances = 8
	rings := make([]*Ring, instances)
	var group sync.WaitGroup
	for i := range instances {
		group.Go(func() {
			r, err := NewRing(t.Context(), Config{Storage: m, KEK: mustKEK(t, kekA), Now: c.Now, Algorithms: []string{ES256, EdDSA}})
			if err != nil {
				t.Error(err)
				return
			}
			rings[i] = r
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	if len(m.records) != 6 {
		t.Fatalf("%d keys were made, want 6", len(m.records))
	}
	for _, r := range rings[1:] {
		if !slices.Equal(r.List(), rings[0].List()) {
			t.Error("two instances have different keys")
		}
	}
}

func TestStorageFailureKeepsTheKeys(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	broken := errors.New("no storage")
	m.failing = broken
	if err := r.Maintain(t.Context()); !errors.Is(err, broken) {
		t.Errorf("Maintain: %v", err)
	}
	token, err := r.Sign(t.Context(), ES256, "JWT", map[string]int{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Verify(t.Context(), token, []string{ES256}); err != nil {
		t.Errorf("Verify without storage: %v", err)
	}
	other := newRing(t, &memory{}, c.Now)
	foreign, err := other.Sign(t.Context(), ES256, "JWT", map[string]int{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Verify(t.Context(), foreign, []string{ES256}); !errors.Is(err, broken) || errors.Is(err, ErrToken) {
		t.Errorf("a token under an unknown key without storage: %v", err)
	}
}

func TestTamperedRecordIsRefused(t *testing.T) {
	tests := map[string]func(*Record){
		"sealed altered": func(r *Record) { r.Sealed = bytes.Clone(r.Sealed); r.Sealed[len(r.Sealed)-1] ^= 1 },
		"other kid":      func(r *Record) { r.KID = strings.Repeat("A", kidLength) },
		"other version":  func(r *Record) { r.Generation = 7 },
		"no blob":        func(r *Record) { r.Sealed = nil },
	}
	for name, tamper := range tests {
		t.Run(name, func(t *testing.T) {
			for _, use := range []Use{UseSign, UseBox, UseMAC, UseIndex, UseAudit} {
				m := &memory{}
				r := newRing(t, m, newClock().Now)
				for i := range m.records {
					if m.records[i].Use == use {
						tamper(&m.records[i])
					}
				}
				if err := r.Maintain(t.Context()); err == nil {
					t.Errorf("%s: taken in", use)
				}
				if _, err := NewRing(t.Context(), Config{Storage: m, KEK: mustKEK(t, kekA), Now: newClock().Now, Algorithms: []string{ES256}}); err == nil {
					t.Errorf("%s: a new ring started on it", use)
				}
			}
		})
	}
}

// Not even a holder of the key-encryption key can publish a key under another's name.
func TestNameIsTheThumbprint(t *testing.T) {
	m, kek := &memory{}, mustKEK(t, kekA)
	newRing(t, m, newClock().Now)
	for i := range m.records {
		r := &m.records[i]
		if r.Use != UseSign {
			continue
		}
		plain, err := kek.Unwrap(r.Sealed, recordAAD(r))
		if err != nil {
			t.Fatal(err)
		}
		r.KID = strings.Repeat("A", kidLength)
		if r.Sealed, err = kek.Wrap(plain, recordAAD(r)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := NewRing(t.Context(), Config{Storage: m, KEK: kek, Now: newClock().Now, Algorithms: []string{ES256}}); err == nil {
		t.Error("taken in")
	}
}

func TestUnknownRecordsAreLeftAlone(t *testing.T) {
	m := &memory{}
	newRing(t, m, newClock().Now)
	m.records = append(m.records, Record{KID: "later", Use: "later", Alg: "X", Generation: 1})
	newRing(t, m, newClock().Now)
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{Storage: &memory{}, KEK: mustKEK(t, kekA), Now: newClock().Now, Algorithms: []string{ES256}}
	for name, change := range map[string]func(*Config){
		"no storage":        func(c *Config) { c.Storage = nil },
		"no kek":            func(c *Config) { c.KEK = nil },
		"no clock":          func(c *Config) { c.Now = nil },
		"unknown algorithm": func(c *Config) { c.Algorithms = []string{"none"} },
		"negative":          func(c *Config) { c.Terms.KeepBox = -1 },
		"period too short":  func(c *Config) { c.Terms.Period = time.Minute },
	} {
		config := good
		change(&config)
		if _, err := NewRing(t.Context(), config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
