package audit_test

import (
	"testing"
	"time"

	"vhod/idp/audit"
	"vhod/store"
	"vhod/store/storetest"
)

// What has been kept for twelve months goes, month by month, and the journal is as
// it should be: the anchor says that it was done on purpose. What is younger may
// not go, nor may anything be put in the place of what went.
func TestRetire(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := newSite(t, db, clock)
		old, live := s.sealer(db), s.sealer(db)
		round := func(sealers ...*audit.Sealer) {
			t.Helper()
			for _, sealer := range sealers {
				s.write(t.Context(), 5)
				s.sealAll(sealer)
				if err := sealer.Anchor(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			clock.Advance(20 * 24 * time.Hour)
			if err := db.AddPartitions(t.Context(), clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		round(old, live) // 5 November 2026
		for range 20 {
			round(live)
		}
		if err := live.Retire(t.Context()); err != nil {
			t.Fatal(err)
		}
		// It is 30 December 2027: everything before 1 December 2026 went.
		r := s.verify()
		if r.Wrong != 0 || r.Retired != 15 || r.Lanes != 2 || r.Events != 95 {
			t.Fatalf("%+v", r)
		}
		if seals, lanes := s.count("SELECT count(*) FROM journal_seal"), s.count("SELECT count(*) FROM journal_lane"); seals != 19 || lanes != 1 {
			t.Errorf("%d seals and %d lanes are left", seals, lanes)
		}
		anchors := s.count("SELECT count(*) FROM journal_anchor")
		if err := live.Retire(t.Context()); err != nil || s.count("SELECT count(*) FROM journal_anchor") != anchors {
			t.Errorf("nothing was old, and an anchor says that it went: %v", err)
		}
		s.write(t.Context(), 5)
		if err := old.SealAll(t.Context()); err == nil {
			t.Error("a lane that was retired was written on")
		}
		round(old, live) // the process that slept takes another lane
		if r := s.verify(); r.Wrong != 0 || r.Events != 110 || r.Lanes != 3 {
			t.Fatalf("%+v", r)
		}

		s.exec("UPDATE journal SET seq = 3 WHERE at = (SELECT min(at) FROM journal)")
		r = s.verify()
		if r.Wrong == 0 {
			t.Error("events in the place of retired ones were not found")
		}
		s.exec("DELETE FROM journal WHERE at = (SELECT min(at) FROM journal)")
		if r := s.verify(); r.Wrong != 5 || r.Problems[0].Kind != audit.Deleted {
			t.Errorf("%v", r.Problems)
		}
	})
}
