package guard_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"vhod/idp/guard"
	"vhod/store/storetest"
)

func TestRates(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	r := guard.NewRates(clock.Now)
	rate := guard.Rate{Limit: 3, Per: time.Minute}
	wait := func(err error) time.Duration {
		var limit *guard.LimitError
		if err == nil {
			return 0
		}
		if !errors.As(err, &limit) {
			t.Fatal(err)
		}
		return limit.RetryAfter
	}
	for n, c := range []struct {
		passed time.Duration
		want   time.Duration
	}{
		{0, 0}, {0, 0}, {0, 0}, {0, 20 * time.Second}, {5 * time.Second, 15 * time.Second}, {15 * time.Second, 0},
		{0, 20 * time.Second}, {time.Minute, 0}, {0, 0}, {0, 0}, {0, 20 * time.Second}, {time.Hour, 0}, {0, 0}, {0, 0}, {0, 20 * time.Second},
	} {
		clock.Advance(c.passed)
		if full := wait(r.Full("page", "192.0.2.0/24", rate)); full != c.want {
			t.Errorf("%d: full for %v, want %v", n, full, c.want)
		}
		if got := wait(r.Take("page", "192.0.2.0/24", rate)); got != c.want {
			t.Errorf("%d: wait %v, want %v", n, got, c.want)
		}
	}
	if wait(r.Take("form", "192.0.2.0/24", rate)) != 0 || wait(r.Take("page", "192.0.3.0/24", rate)) != 0 {
		t.Error("one subject's limit holds another")
	}
}

// TestRatesAreBounded: no number of subjects takes more memory than is given, and
// the ones that used up something are kept while there is room.
func TestRatesAreBounded(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	r := guard.NewRates(clock.Now)
	rate := guard.Rate{Limit: 1, Per: time.Minute}
	for n := range 250_000 {
		if err := r.Take("page", fmt.Sprint(n), rate); err != nil {
			t.Fatalf("a new subject is refused: %v", err)
		}
		if n == 199_000 {
			clock.Advance(2 * time.Minute)
			if err := r.Take("page", "kept", guard.Rate{Limit: 1, Per: time.Hour}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.Take("page", "kept", guard.Rate{Limit: 1, Per: time.Hour}); err == nil {
		t.Error("who used up the limit was forgotten while others had used up nothing")
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	f := &guard.Failures{Rates: guard.NewRates(clock.Now), Limit: 2}
	tries := func(from string) (n int) {
		for n = range 1000 {
			if f.Full(from) != nil {
				return n
			}
			f.Count(from)
		}
		return n
	}
	if n := tries("192.0.2.1"); n != 2 {
		t.Errorf("%d from one host, want 2", n)
	}
	total := 0
	for host := range 30 {
		total += tries(fmt.Sprintf("192.0.2.%d", 2+host))
	}
	if total != 18 {
		t.Errorf("%d more from its network, want 18", total)
	}
	if n := tries("198.51.100.1"); n != 2 {
		t.Errorf("%d from another network, want 2", n)
	}
	clock.Advance(30 * time.Minute)
	if n := tries("192.0.2.1"); n != 1 {
		t.Errorf("%d half an hour later, want 1", n)
	}
}

func TestHostAndNetwork(t *testing.T) {
	t.Parallel()
	for from, want := range map[string][2]string{
		"192.0.2.7":          {"192.0.2.7", "192.0.2.0/24"},
		"::ffff:192.0.2.7":   {"192.0.2.7", "192.0.2.0/24"},
		"2001:db8:1:2:3::4":  {"2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		"fe80::1%eth0":       {"fe80::/64", "fe80::/64"},
		"not an address\xff": {"not an address\xff", "not an address\xff"},
	} {
		if got := [2]string{guard.Host(from), guard.Network(from)}; got != want {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
	}
}
