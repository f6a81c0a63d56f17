package cache_test

import (
	"errors"
	"fmt"
	"testing"

	"vhod/idp"
	"vhod/idp/cache"
	"vhod/store"
	"vhod/store/storetest"
)

// TestUnknownClients: a service registered a moment ago is found, and ids that are
// made up stop costing round trips.
func TestUnknownClients(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		clients, err := cache.NewClients(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		now := clock.Now()
		if err := db.AddClient(t.Context(), &idp.Client{ID: "bank", Status: idp.ClientActive, CreatedAt: now, UpdatedAt: now}); err != nil {
			t.Fatal(err)
		}
		counted := store.CountTrips(t.Context())
		if c, err := clients.Client(counted, "bank"); err != nil || c.ID != "bank" || store.Trips(counted) != 1 {
			t.Fatalf("a new service: %v, %v", c, err)
		}
		for n := range 1000 {
			if _, err := clients.Client(counted, fmt.Sprint("made up ", n)); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("made up: %v", err)
			}
		}
		if n := store.Trips(counted); n != 100 {
			t.Errorf("%d round trips for a thousand ids, want 100", n)
		}
		if c, err := clients.Client(counted, "bank"); err != nil || c.ID != "bank" {
			t.Errorf("a known service meanwhile: %v, %v", c, err)
		}
		if err := clients.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := clients.Client(counted, "made up"); !errors.Is(err, store.ErrNotFound) || store.Trips(counted) != 101 {
			t.Errorf("after the next reading: %v, %d trips", err, store.Trips(counted))
		}
	})
}
