package store_test

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/store"
	"vhod/store/storetest"
)

func registration(t *testing.T, db *store.DB, clock *storetest.Clock, contact byte, step string) *store.Registration {
	t.Helper()
	r := store.Registration{ID: uuid.New(), Contact: [16]byte{contact}, Step: step, Data: "sealed", ExpiresAt: clock.Now().Add(time.Hour)}
	if err := db.Write(t.Context(), store.AddRegistration(r, clock.Now())); err != nil {
		t.Fatal(err)
	}
	kept, err := db.Registration(t.Context(), r.ID, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if r.Version = 1; *kept != r {
		t.Fatalf("kept %+v, want %+v", *kept, r)
	}
	return kept
}

func TestRegistrationIsFoundByItsContact(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		further := registration(t, db, clock, 1, "person")
		clock.Advance(time.Minute)
		registration(t, db, clock, 1, "code")
		registration(t, db, clock, 2, "password")
		for name, one := range map[string]struct {
			read func() (*store.Registration, error)
			want *store.Registration
		}{
			"beyond code": {func() (*store.Registration, error) {
				return db.RegistrationBeyond(ctx, [16]byte{1}, "code", clock.Now())
			}, further},
			"nobody's": {func() (*store.Registration, error) {
				return db.RegistrationBeyond(ctx, [16]byte{3}, "code", clock.Now())
			}, nil},
			"expired": {func() (*store.Registration, error) {
				return db.RegistrationBeyond(ctx, [16]byte{1}, "code", further.ExpiresAt)
			}, nil},
		} {
			got, err := one.read()
			if one.want == nil && !errors.Is(err, store.ErrNotFound) || one.want != nil && (err != nil || got.ID != one.want.ID) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
}

// TestMoveRegistrationUnderRaces: of many tabs, one moves on from a version; what
// the others would have kept with it is not kept.
func TestMoveRegistrationUnderRaces(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		r := registration(t, db, clock, 1, "code")
		var won atomic.Int64
		var done sync.WaitGroup
		for i := range 16 {
			mine := *r
			to := store.Registration{ID: r.ID, Step: "password", Data: "sealed " + strconv.Itoa(i), ExpiresAt: clock.Now().Add(2 * time.Hour)}
			if i%2 == 1 {
				to.ID = uuid.New()
			}
			other := store.Registration{ID: uuid.New(), Contact: [16]byte{9}, Step: "code", Data: "with it", ExpiresAt: clock.Now().Add(time.Hour)}
			done.Go(func() {
				err := db.MoveRegistration(t.Context(), &mine, to, store.AddRegistration(other, clock.Now()))
				switch {
				case err == nil:
					won.Add(1)
					to.Contact, to.Version = r.Contact, 2
					if kept, err := db.Registration(t.Context(), to.ID, clock.Now()); err != nil || *kept != to || mine != to {
						t.Errorf("the winner keeps %+v (%v), holds %+v, want %+v", kept, err, mine, to)
					}
				case !errors.Is(err, store.ErrStale):
					t.Errorf("a loser: %v", err)
				case mine != *r:
					t.Errorf("a loser holds %+v", mine)
				}
			})
		}
		done.Wait()
		if n := won.Load(); n != 1 {
			t.Errorf("%d winners", n)
		}
		if n := count(t, db, `SELECT COUNT(*) FROM registration WHERE data = 'with it'`); n != 1 {
			t.Errorf("%d rows kept with the move, want 1", n)
		}
	})
}

func TestFinishRegistrationOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		r := registration(t, db, clock, 1, "person")
		var won atomic.Int64
		var done sync.WaitGroup
		for range 16 {
			done.Go(func() {
				other := store.Registration{ID: uuid.New(), Step: "code", Data: "", ExpiresAt: clock.Now().Add(time.Hour)}
				err := db.Write(t.Context(), store.FinishRegistration(r, clock.Now()), store.AddRegistration(other, clock.Now()))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, store.ErrStale) {
					t.Errorf("a loser: %v", err)
				}
			})
		}
		done.Wait()
		if n := count(t, db, `SELECT COUNT(*) FROM registration`); won.Load() != 1 || n != 2 {
			t.Errorf("%d winners, %d rows, want 1 and 2", won.Load(), n)
		}
		if err := db.Write(t.Context(), store.FinishRegistration(r, clock.Now())); !errors.Is(err, store.ErrStale) {
			t.Errorf("finished again: %v, want ErrStale", err)
		}
		if err := db.MoveRegistration(t.Context(), r, *r); !errors.Is(err, store.ErrStale) {
			t.Errorf("moved after the end: %v, want ErrStale", err)
		}
		if _, err := db.Registration(t.Context(), r.ID, clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("read after the end: %v, want ErrNotFound", err)
		}
		if n := count(t, db, `SELECT COUNT(*) FROM registration WHERE data <> ''`); n != 0 {
			t.Error("a finished registration keeps its data")
		}
	})
}

// TestForwardedRegistration: who holds a former id can neither move nor finish what
// went on under another, nor is it found by the contact.
func TestForwardedRegistration(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		for _, kept := range []bool{false, true} { // the old row has moved, or is replaced
			r := registration(t, db, clock, 1, "code")
			former, to := *r, store.Registration{ID: uuid.New(), Step: "password", Data: "further", ExpiresAt: r.ExpiresAt}
			forward := store.ForwardRegistration(store.Registration{ID: r.ID, Step: "moved", Data: "to", ExpiresAt: r.ExpiresAt}, clock.Now())
			if kept {
				if err := db.Write(ctx, forward); err != nil {
					t.Fatal(err)
				}
			} else if err := db.MoveRegistration(ctx, r, to, forward); err != nil {
				t.Fatal(err)
			}
			if got, err := db.Registration(ctx, former.ID, clock.Now()); err != nil || got.Step != "moved" || got.Data != "to" || got.Contact != [16]byte{} {
				t.Errorf("under the former id: %+v, %v", got, err)
			}
			rival := former
			if err := db.MoveRegistration(ctx, &rival, store.Registration{ID: former.ID, Step: "password", Data: "rival", ExpiresAt: r.ExpiresAt}); !errors.Is(err, store.ErrStale) {
				t.Errorf("moved by the former id: %v, want ErrStale", err)
			}
			if err := db.Write(ctx, store.FinishRegistration(&former, clock.Now())); !errors.Is(err, store.ErrStale) {
				t.Errorf("finished by the former id: %v, want ErrStale", err)
			}
			all, err := db.NewestRegistrations(ctx, [16]byte{1}, clock.Now())
			if err != nil || len(all) != 1 || all[0].Data != "further" {
				t.Errorf("of the contact: %+v, %v", all, err)
			}
		}
	})
}
