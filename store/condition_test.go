package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/store"
	"vhod/store/storetest"
)

func TestCondition(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		c, err := db.Condition(t.Context())
		if err != nil || c.Version == "" {
			t.Fatal(c, err)
		}
		if db.Engine() == storetest.SQLite {
			if c.Settings["journal_mode"] != "wal" || c.Settings["synchronous"] != "2" || c.Path == "" || !c.Clock.IsZero() {
				t.Errorf("%+v", c)
			}
		} else if c.Number < 130000 || c.Settings["read_only"] != "off" || c.Settings["synchronous_commit"] == "" || time.Since(c.Clock).Abs() > time.Minute {
			t.Errorf("%+v", c)
		}
	})
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		now := clock.Now()
		if b, err := db.Backlog(t.Context(), now); err != nil || b != (store.Backlog{}) {
			t.Fatalf("of nothing: %+v, %v", b, err)
		}
		for state, ago := range map[string]time.Duration{"queued": time.Hour, store.JobFailed: 2 * time.Hour, store.JobSent: 3 * time.Hour} {
			exec(t, db, `INSERT INTO job (job_id, kind, destination, reference, payload, state, attempts, run_at, last_error, created_at, finished_at)
				VALUES ($1, 'x', 'x', $2, '', $3, 0, $4, '', 0, 0)`, uuid.New(), uuid.New(), state, now.Add(-ago))
		}
		exec(t, db, `INSERT INTO event (bucket, event_id, account_id, at, name, client_id, actor, request_id, data)
			VALUES (0, $1, 0, $2, 'x', '', '', '', '')`, uuid.New(), now.Add(-time.Minute))
		exec(t, db, `INSERT INTO journal_anchor (anchor, signed, signed_at) VALUES (1, '', $1)`, now)
		want := store.Backlog{Due: 1, OldestDue: now.Add(-time.Hour), Dead: 1, OldestEvent: now.Add(-time.Minute), Newest: now}
		if b, err := db.Backlog(t.Context(), now); err != nil || b != want {
			t.Errorf("%+v, %v, want %+v", b, err, want)
		}
	})
}

// TestWrappings: those under key-encryption keys at hand, and those that are not.
func TestWrappings(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		person(t, db, clock, "+79990000001")
		lost := person(t, db, clock, "+79990000002")
		exec(t, db, `UPDATE account_key SET wrapped = $1 WHERE account_id = $2`, []byte("\x01\x05other and more"), int64(lost.Account.OID))
		all, err := db.Wrappings(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		for _, w := range all {
			if w.Accounts != 1 || w.Opens != (w.KEK == "test") || !w.Opens && w.KEK != "other" {
				t.Errorf("%+v", w)
			}
		}
	})
}
