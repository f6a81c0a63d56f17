package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// TestWriteTogether: what many write at a time is kept, each once, and whoever
// returns can read its own.
func TestWriteTogether(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var wg sync.WaitGroup
		for n := range 600 {
			id := fmt.Sprint(n)
			wg.Go(func() {
				e, err := store.Event(idp.Event{ID: uuid.Must(uuid.NewV7()), At: clock.Now(), Name: idp.EventUserinfoRead, ClientID: id, Actor: "client"})
				if err == nil {
					err = db.WriteTogether(t.Context(), e)
				}
				if err != nil {
					t.Error(err)
				}
				var kept int
				if err := db.Q(t.Context()).QueryRow(t.Context(), `SELECT count(*) FROM event WHERE client_id = $1`, id).Scan(&kept); err != nil || kept != 1 {
					t.Errorf("%s: kept %d times, %v", id, kept, err)
				}
			})
		}
		wg.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		e, err := store.Event(idp.Event{ID: uuid.Must(uuid.NewV7()), At: clock.Now(), Name: idp.EventUserinfoRead, Actor: "client"})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.WriteTogether(ctx, e); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who has gone: %v", err)
		}
		db.Close()
		if err := db.WriteTogether(t.Context(), e); err == nil {
			t.Error("kept in a closed database")
		}
	})
}
