package guard_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/guard"
)

func (g *guards) message(t *testing.T, purpose, to, from string) guard.Refusal {
	t.Helper()
	r, err := g.budgets.Message(t.Context(), purpose, to, from)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// allowed asks until refused, a minute apart, and tells how often it was not.
func (g *guards) allowed(t *testing.T, most int, step time.Duration, ask func(n int) guard.Refusal) (n int, last guard.Refusal) {
	t.Helper()
	for n = range most {
		if last = ask(n); last.Refused() {
			return n, last
		}
		g.clock.Advance(step)
	}
	t.Fatalf("never refused in %d times", most)
	return 0, last
}

const (
	phone = "+79001234567"
	home  = "192.0.2.7"
)

func TestPauseGrows(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		for n, c := range []struct {
			wait  time.Duration // since the last
			pause time.Duration // that is left then
		}{
			{0, 0}, {0, time.Minute}, {20 * time.Second, 40 * time.Second}, {40 * time.Second, 0}, {59 * time.Second, time.Second},
			{time.Second, 0}, {time.Minute, 7 * time.Minute}, {7*time.Minute - time.Second, time.Second}, {time.Second, 0},
		} {
			g.clock.Advance(c.wait)
			if r := g.message(t, "login", phone, home); r != (guard.Refusal{Pause: c.pause}) {
				t.Errorf("message %d: %+v, want a pause of %v", n+1, r, c.pause)
			}
		}
		if r := g.message(t, "register", phone, home); r.Refused() {
			t.Errorf("another purpose: %+v", r)
		}
		if r := g.message(t, "login", "+79007654321", home); r.Refused() {
			t.Errorf("another address: %+v", r)
		}
	})
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		limits guard.Limits
		step   time.Duration
		ask    func(t *testing.T, g *guards, n int) guard.Refusal
		want   int
		wait   time.Duration
	}{
		{"one address in an hour", guard.Limits{}, 8 * time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "login", phone, fmt.Sprintf("192.0.%d.1", n))
		}, 6, 12 * time.Minute},
		{"one address in a day", guard.Limits{}, 15 * time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "login", phone, fmt.Sprintf("192.0.%d.1", n))
		}, 20, 19 * time.Hour},
		{"one address from one network in an hour", guard.Limits{}, 8 * time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "register", phone, fmt.Sprintf("192.0.2.%d", n))
		}, 3, 36 * time.Minute},
		{"one address from one network in a day", guard.Limits{}, time.Hour, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "register", phone, fmt.Sprintf("192.0.2.%d", n))
		}, 5, 19 * time.Hour},
		{"one address from one site of IPv6", guard.Limits{}, time.Hour, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "register", phone, fmt.Sprintf("2001:db8:1:%d::1", n))
		}, 5, 19 * time.Hour},
		{"one network", guard.Limits{}, time.Second, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "register", fmt.Sprintf("%d@example.com", n), fmt.Sprintf("192.0.2.%d", n))
		}, 60, 59 * time.Minute},
		{"one network of IPv6", guard.Limits{NetworkHour: 3}, time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "register", fmt.Sprintf("%d@example.com", n), fmt.Sprintf("2001:db8:1:2:%d::1", n))
		}, 3, 57 * time.Minute},
		{"one site of IPv6", guard.Limits{SiteHour: 3}, time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "register", fmt.Sprintf("%d@example.com", n), fmt.Sprintf("2001:db8:1:%d::1", n))
		}, 3, 57 * time.Minute},
		{"an address of IPv4 written as IPv6", guard.Limits{NetworkHour: 2}, time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "register", fmt.Sprintf("%d@example.com", n), []string{"192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3"}[n])
		}, 2, 58 * time.Minute},
		{"one network, after right passwords", guard.Limits{NetworkHour: 1}, time.Second, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, guard.PurposeLogin, fmt.Sprintf("%d@example.com", n), fmt.Sprintf("192.0.2.%d", n))
		}, 100, time.Hour - 100*time.Second},
		{"numbers in a row", guard.Limits{PrefixHour: 4}, time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "login", fmt.Sprintf("+7900123%04d", n*1111), fmt.Sprintf("192.0.%d.1", n))
		}, 4, 56 * time.Minute},
		{"the whole provider", guard.Limits{ServiceHour: 5}, time.Minute, func(t *testing.T, g *guards, n int) guard.Refusal {
			return g.message(t, "login", fmt.Sprintf("%d@example.com", n), fmt.Sprintf("192.0.%d.1", n))
		}, 5, 55 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, g *guards) {
				g.budgets.Limits = c.limits
				n, refusal := g.allowed(t, 101, c.step, func(n int) guard.Refusal { return c.ask(t, g, n) })
				if n != c.want || refusal != (guard.Refusal{Budget: c.wait}) {
					t.Errorf("%d messages, then %+v; want %d, then %v", n, refusal, c.want, c.wait)
				}
			})
		})
	}
}

// A stranger who has used up what one network may ask for leaves the owner of the
// address the rest.
func TestStrangerLeavesTheOwnerMessages(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		stranger, _ := g.allowed(t, 20, 30*time.Minute, func(int) guard.Refusal { return g.message(t, "register", phone, "198.51.100.1") })
		owner, _ := g.allowed(t, 20, 5*time.Minute, func(int) guard.Refusal { return g.message(t, "register", phone, home) })
		if stranger != 5 || owner != 3 {
			t.Errorf("%d messages of the stranger, then %d of the owner", stranger, owner)
		}
	})
}

// Who is refused for one reason uses up nothing else.
func TestRefusalCostsNothing(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		g.budgets.Limits.NetworkHour = 2
		for n := range 10 {
			if r := g.message(t, "register", phone, home); r.Refused() != (n > 0) || r.Budget != 0 {
				t.Errorf("message %d: %+v", n+1, r)
			}
		}
		if r := g.message(t, "register", "a@example.com", home); r.Refused() {
			t.Errorf("the network was charged for what was refused: %+v", r)
		}
	})
}

func TestNoticeOnceADay(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		told := func(oid idp.OID) bool {
			ok, err := g.budgets.Notice(t.Context(), "blocked", g.attempts.Account(oid))
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !told(idp.MinOID) || told(idp.MinOID) || !told(idp.MinOID+1) {
			t.Error("each account is told once")
		}
		g.clock.Advance(24 * time.Hour)
		if !told(idp.MinOID) {
			t.Error("not told on the next day")
		}
	})
}

func TestRaceOfMessages(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		var wg sync.WaitGroup
		var sent atomic.Int64
		for range 32 {
			wg.Go(func() {
				r, err := g.budgets.Message(t.Context(), "login", phone, home)
				if err != nil {
					t.Error(err)
				}
				if err == nil && !r.Refused() {
					sent.Add(1)
				}
			})
		}
		wg.Wait()
		if sent.Load() != 1 {
			t.Errorf("%d messages at a time, want one", sent.Load())
		}
	})
}
