package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// Events are found whether they are sealed or wait, the newest first, each once.
func TestEvents(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		began := clock.Now()
		const first = idp.OID(1_000_000_007)
		write := func(n int) {
			for i := range n {
				name := idp.EventLoginSucceeded
				if i%2 == 1 {
					name = idp.EventLoginFailed
				}
				w, err := store.Event(idp.Event{
					ID: uuid.Must(uuid.NewV7()), At: clock.Now(), Name: name, OID: first + idp.OID(i%3), ClientID: fmt.Sprint("c", i%2), Actor: "owner",
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Write(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				clock.Advance(time.Second)
			}
		}
		write(6)
		lane := store.Lane{ID: 5, Hash: []byte{1}}
		_, n, err := db.SealEvents(t.Context(), lane, store.Waiting{End: idp.Buckets, Limit: 100}, began, func(events []store.JournalEvent) store.Seal {
			return store.Seal{Lane: 5, Number: 1, Seq: int64(len(events))}
		})
		if err != nil || n != 6 {
			t.Fatalf("%d events were sealed: %v", n, err)
		}
		write(6)
		for _, c := range []struct {
			f    store.EventFilter
			want int
		}{
			{store.EventFilter{Limit: 100}, 12},
			{store.EventFilter{Limit: 5}, 5},
			{store.EventFilter{Limit: 100, OID: first}, 4},
			{store.EventFilter{Limit: 100, OID: first + 9}, 0},
			{store.EventFilter{Limit: 100, OID: first, Name: idp.EventLoginFailed}, 2},
			{store.EventFilter{Limit: 100, Name: idp.EventLoginFailed}, 6},
			{store.EventFilter{Limit: 100, ClientID: "c0"}, 6},
			{store.EventFilter{Limit: 100, OID: first + 1, ClientID: "c1"}, 2},
			{store.EventFilter{Limit: 100, From: began.Add(4 * time.Second), To: began.Add(7 * time.Second)}, 3},
			{store.EventFilter{Limit: 100, OID: first, From: began.Add(time.Second)}, 3},
		} {
			events, err := db.Events(t.Context(), c.f)
			if err != nil || len(events) != c.want {
				t.Errorf("%+v: %d events, want %d: %v", c.f, len(events), c.want, err)
			}
			for i := range events[:max(0, len(events)-1)] {
				if events[i].At <= events[i+1].At {
					t.Errorf("%+v: not the newest first", c.f)
				}
			}
		}
		newest, err := db.Events(t.Context(), store.EventFilter{Limit: 12})
		if err != nil || newest[0].Lane != 0 || newest[11].Lane != 5 || newest[11].Seq != 1 {
			t.Errorf("%+v: %v", newest, err)
		}
	})
}
