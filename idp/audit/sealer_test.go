package audit_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

// site is a store with keys, on which sealers run.
type site struct {
	t     testing.TB
	db    *store.DB
	clock *storetest.Clock
	ring  *keys.Ring
}

func newSite(t testing.TB, db *store.DB, clock *storetest.Clock) *site {
	t.Helper()
	ring, err := keys.NewRing(t.Context(), keys.Config{Storage: db, KEK: storetest.KEK(t), Now: clock.Now, Algorithms: []string{keys.ES256}})
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, db: db, clock: clock, ring: ring}
}

func (s *site) sealer(db *store.DB) *audit.Sealer {
	return &audit.Sealer{DB: db, Ring: s.ring, Now: s.clock.Now, Log: slog.New(slog.DiscardHandler)}
}

// write keeps n events of as many accounts.
func (s *site) write(ctx context.Context, n int) {
	s.t.Helper()
	var writes []store.Write
	for i := range n {
		w, err := audit.BySystem(s.clock.Now().Add(time.Duration(i)), idp.EventLoginSucceeded, idp.OID(1_000_000_000+int64(i)), map[string]string{"amr": "pwd"})
		if err != nil {
			s.t.Fatal(err)
		}
		writes = append(writes, w)
	}
	if err := s.db.Write(ctx, writes...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) sealAll(sealer *audit.Sealer) {
	s.t.Helper()
	if err := sealer.SealAll(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) count(sql string, args ...any) int {
	s.t.Helper()
	var n int
	if err := s.db.Q(s.t.Context()).QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *site) wantSealed(n int) {
	s.t.Helper()
	if wait, sealed, places := s.count("SELECT count(*) FROM event"), s.count("SELECT count(*) FROM journal"),
		s.count("SELECT count(*) FROM (SELECT DISTINCT lane, seq FROM journal) AS places"); wait != 0 || sealed != n || places != n {
		s.t.Fatalf("%d events wait, %d are sealed in %d places, want %d", wait, sealed, places, n)
	}
}

func TestSeal(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		sealer := s.sealer(db)
		s.sealAll(sealer) // nothing to seal, nothing is kept
		if n := s.count("SELECT count(*) FROM journal_lane"); n != 0 {
			t.Fatalf("%d lanes of nothing", n)
		}
		s.write(t.Context(), 10)
		s.sealAll(sealer)
		s.write(t.Context(), 5000) // several batches
		s.sealAll(sealer)
		s.wantSealed(5010)
		if n := s.count("SELECT count(*) FROM journal_seal"); n < 4 {
			t.Errorf("%d seals", n)
		}
		for range 2 { // the second time nothing is new
			if err := sealer.Anchor(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := s.count("SELECT count(*) FROM journal_anchor"); n != 1 {
				t.Errorf("%d anchors", n)
			}
		}
	})
}

// An event that is committed long after later ones is sealed all the same.
func TestSealLateCommit(t *testing.T) {
	db, clock := storetest.Open(t, storetest.Postgres)
	s := newSite(t, db, clock)
	sealer := s.sealer(db)
	err := db.Tx(t.Context(), func(ctx context.Context) error {
		s.write(ctx, 3)
		clock.Advance(time.Hour)
		s.write(t.Context(), 5)
		s.sealAll(sealer)
		s.wantSealed(5)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.sealAll(sealer)
	s.wantSealed(8)
}

// A seal that fails half way leaves every event where it was, and the sealer goes
// on in a new lane.
func TestSealFailure(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		sealer := s.sealer(db)
		s.write(t.Context(), 3)
		s.sealAll(sealer)
		if _, err := db.Q(t.Context()).Exec(t.Context(), "UPDATE journal_lane SET hash = $1", []byte("another")); err != nil {
			t.Fatal(err)
		}
		s.write(t.Context(), 4)
		if err := sealer.SealAll(t.Context()); err == nil {
			t.Fatal("a lane that was changed was written on")
		}
		if n := s.count("SELECT count(*) FROM event"); n != 4 {
			t.Fatalf("%d events wait", n)
		}
		s.sealAll(sealer)
		s.wantSealed(7)
		if n := s.count("SELECT count(*) FROM journal_lane"); n != 2 {
			t.Errorf("%d lanes", n)
		}
	})
}

// Two processes on one database, with writers and both signing anchors: nothing
// is sealed twice, no lane forks.
func TestSealRace(t *testing.T) {
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			clock := storetest.NewClock()
			dsn := storetest.DSN(t, engine)
			var all []*store.DB
			for range 3 {
				db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: clock.Now})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(db.Close)
				if err := db.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				all = append(all, db)
			}
			s := newSite(t, all[0], clock)
			const rounds, each = 60, 50
			written := make(chan struct{})
			var sealing sync.WaitGroup
			for _, db := range all[1:] {
				sealing.Go(func() {
					sealer := s.sealer(db)
					for done := false; !done; {
						select {
						case <-written:
							done = true
						default:
						}
						if err := sealer.SealAll(t.Context()); err != nil {
							t.Error(err)
						}
						if err := sealer.Anchor(t.Context()); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for range rounds {
				s.write(t.Context(), each)
			}
			close(written)
			sealing.Wait()
			s.wantSealed(rounds * each)
			s.wantGood()
		})
	}
}
