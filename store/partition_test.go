package store_test

import (
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
)

// Months are made ahead, what belongs to none of them is kept, and whole months
// are dropped.
func TestPartitions(t *testing.T) {
	db, clock := storetest.Open(t, storetest.Postgres)
	months := func() int {
		t.Helper()
		return count(t, db, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'journal'::regclass") - 1
	}
	if n := months(); n != 3 {
		t.Fatalf("%d months after migrate", n)
	}
	put := func(at time.Time, want string) {
		t.Helper()
		exec(t, db, `INSERT INTO journal SELECT 1, gen_random_uuid(), 1, $1, 'n', '', 'a', '', '{}', 1, 1`, at)
		if n := count(t, db, "SELECT count(*) FROM journal WHERE at = $1 AND tableoid = $2::text::regclass", at, want); n != 1 {
			t.Errorf("%s is not in %s", at, want)
		}
	}
	now := clock.Now() // 5 November 2026
	put(now, "journal_202611")
	put(time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC), "journal_202701")
	put(now.AddDate(-2, 0, 0), "journal_rest")
	put(now.AddDate(0, 4, 0), "journal_rest")

	clock.Advance(92 * 24 * time.Hour) // 5 February: March has an event in no partition
	for range 2 {
		if err := db.AddPartitions(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := months(); n != 5 {
		t.Errorf("%d months, want November to February and April", n)
	}
	put(clock.Now().AddDate(0, 2, 0), "journal_202704")

	if err := db.RetireJournal(t.Context(), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), nil); err != nil {
		t.Fatal(err)
	}
	if n, events := months(), count(t, db, "SELECT count(*) FROM journal"); n != 3 || events != 3 {
		t.Errorf("%d months and %d events are left, want January, February, April and 3", n, events)
	}
}

// Processes that start together make one partition each month.
func TestPartitionsRace(t *testing.T) {
	dsn := storetest.DSN(t, storetest.Postgres)
	clock := storetest.NewClock()
	done := make(chan error)
	open := func() *store.DB {
		db, err := store.Open(t.Context(), store.Config{DSN: dsn, Now: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		return db
	}
	all := []*store.DB{open(), open(), open()}
	if err := all[0].Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.Advance(400 * 24 * time.Hour)
	for _, db := range all {
		go func() { done <- db.AddPartitions(t.Context(), clock.Now()) }()
	}
	for range all {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := count(t, all[0], "SELECT count(*) FROM pg_inherits WHERE inhparent = 'journal'::regclass"); n != 7 {
		t.Errorf("%d partitions", n)
	}
}
