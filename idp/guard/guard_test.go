package guard_test

import (
	"testing"

	"vhod/idp/guard"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

// guards are all of them, on one store.
type guards struct {
	attempts *guard.Attempts
	budgets  *guard.Budgets
	codes    *guard.Codes
	ring     *keys.Ring
	db       *store.DB
	clock    *storetest.Clock
}

func newGuards(t *testing.T, db *store.DB, clock *storetest.Clock) *guards {
	t.Helper()
	ring, err := keys.NewRing(t.Context(), keys.Config{Storage: db, KEK: storetest.KEK(t), Now: clock.Now, Algorithms: []string{keys.ES256}})
	if err != nil {
		t.Fatal(err)
	}
	return &guards{
		attempts: &guard.Attempts{Ring: ring, Now: clock.Now},
		budgets:  &guard.Budgets{DB: db, Ring: ring, Now: clock.Now},
		codes:    &guard.Codes{DB: db, Ring: ring, Now: clock.Now},
		ring:     ring, db: db, clock: clock,
	}
}

func (g *guards) write(t *testing.T, writes ...store.Write) {
	t.Helper()
	if err := g.db.Write(t.Context(), writes...); err != nil {
		t.Fatal(err)
	}
}

// each runs body with guards on each engine.
func each(t *testing.T, body func(t *testing.T, g *guards)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, newGuards(t, db, clock)) })
}
