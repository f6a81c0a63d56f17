package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// backedUp is a backup in memory.
type backedUp struct {
	store.Manifest
	data, keys []byte
}

func backUp(t *testing.T, db *store.DB) backedUp {
	t.Helper()
	var data, keys bytes.Buffer
	m, err := db.Backup(t.Context(), &data, &keys)
	if err != nil {
		t.Fatal(err)
	}
	return backedUp{m, data.Bytes(), keys.Bytes()}
}

// fresh is an empty database that opens what another sealed.
func fresh(t *testing.T, engine string, of *store.DB) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{DSN: storetest.DSN(t, engine), Now: storetest.NewClock().Now, KEK: of.KEK()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func (b backedUp) restoring() store.Restoring {
	return store.Restoring{Data: bytes.NewReader(b.data), Keys: bytes.NewReader(b.keys)}
}

func signIn(t *testing.T, db *store.DB, clock *storetest.Clock, s *store.Subject) {
	t.Helper()
	binding := randomBytes(32)
	if _, err := db.FinishFlow(t.Context(), store.Finish{
		FlowID: uuid.New(), Browser: binding, NextBrowser: randomBytes(32), ProvedAt: clock.Now(), Subject: s, Session: newSession(s, clock, "secret"),
	}, clock.Now()); err != nil {
		t.Fatal(err)
	}
}

// TestBackup: what is written while people come holds each of them whole or not at
// all, and fills a database of either engine.
func TestBackup(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		first := person(t, db, clock, "+79990000000")
		signIn(t, db, clock, first)
		exec(t, db, `INSERT INTO stored_request (request_id, data, expires_at) VALUES ($1, $2, $3)`, uuid.UUID{1}, []byte{}, int64(-1<<63))
		exec(t, db, `INSERT INTO journal (bucket, event_id, account_id, at, name, client_id, actor, request_id, data, lane, seq)
			VALUES (-1, $1, 0, $2, '', '', '', '', '<"☃', 1, 1)`, uuid.UUID{2}, clock.Now().AddDate(0, -3, 0))
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						person(t, db, clock, "+7999"+hex.EncodeToString(randomBytes(4)))
					}
				}
			})
		}
		var b backedUp
		for b.Rows["account"] < 50 {
			b = backUp(t, db)
		}
		close(stop)
		writers.Wait()
		for _, name := range []string{"account_key", "identifier", "credential", "document"} {
			if b.Rows[name] != b.Rows["account"] {
				t.Errorf("%d accounts, %d of %s: not of one moment", b.Rows["account"], b.Rows[name], name)
			}
		}
		for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
			t.Run("to "+engine, func(t *testing.T) {
				to := fresh(t, engine, db)
				m, err := to.Restore(t.Context(), b.restoring())
				if err != nil {
					t.Fatal(err)
				}
				again := backUp(t, to)
				if !maps.Equal(m.Rows, b.Rows) || !maps.Equal(again.Rows, b.Rows) {
					t.Errorf("rows %v, %v, want %v", m.Rows, again.Rows, b.Rows)
				}
				s, err := to.SubjectByOID(t.Context(), first.Account.OID, "", nil)
				if err != nil || s.Profile.Surname != "Тестов" {
					t.Errorf("the first person: %+v, %v", s, err)
				}
				if n := count(t, to, `SELECT COUNT(*) FROM journal WHERE data = '<"☃' AND bucket = -1`); n != 1 {
					t.Error("the journal is another")
				}
				if n := count(t, to, `SELECT COUNT(*) FROM stored_request WHERE expires_at < -9000000000000000000`); n != 1 {
					t.Error("the least number is another")
				}
				if _, err := to.Restore(t.Context(), b.restoring()); err == nil || !strings.Contains(err.Error(), "not empty") {
					t.Errorf("twice: %v", err)
				}
			})
		}
	})
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// TestRestoreRefuses: what is not whole leaves the database empty.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		before := backUp(t, db)
		for range 3 {
			person(t, db, clock, "+7999"+hex.EncodeToString(randomBytes(4)))
		}
		clock.Advance(1)
		good := backUp(t, db)
		to := fresh(t, db.Engine(), db)
		flipped := bytes.Clone(good.data)
		flipped[len(flipped)/2] ^= 1
		for name, c := range map[string]struct {
			data, keys []byte
			want       string
		}{
			"cut off":      {good.data[:len(good.data)-20], good.keys, "cut off"},
			"half":         {good.data[:len(good.data)/2], good.keys, "cut off"},
			"empty":        {nil, good.keys, "no backup"},
			"keys cut off": {good.data, good.keys[:len(good.keys)-9], "account keys: "},
			"changed":      {flipped, good.keys, ""},
			"more":         {append(bytes.Clone(good.data), "more"...), good.keys, "damaged"},
			"swapped":      {good.keys, good.data, "it holds account keys, not data"},
			"no keys":      {good.data, good.data, "it holds data, not account keys"},
			"earlier keys": {good.data, before.keys, "earlier backup"},
			"no backup":    {[]byte("hello"), good.keys, "no backup"},
		} {
			_, err := to.Restore(t.Context(), store.Restoring{Data: bytes.NewReader(c.data), Keys: bytes.NewReader(c.keys)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		how := good.restoring()
		how.Check = func(context.Context) error { return errors.New("no good") }
		if _, err := to.Restore(t.Context(), how); err == nil || !strings.Contains(err.Error(), "no good") {
			t.Error(err)
		}
		if n := count(t, to, `SELECT COUNT(*) FROM account`); n != 0 {
			t.Errorf("%d accounts after all", n)
		}
		if _, err := to.Restore(t.Context(), good.restoring()); err != nil {
			t.Error(err)
		}
	})
}

// TestRestoreLaterKeys: an account that was erased since the backup stays so, and
// what was ended lives no more.
func TestRestoreLaterKeys(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		kept, erased := person(t, db, clock, "+79990000001"), person(t, db, clock, "+79990000002")
		signIn(t, db, clock, kept)
		data := backUp(t, db)
		exec(t, db, `DELETE FROM account_key WHERE account_id = $1`, int64(erased.Account.OID))
		person(t, db, clock, "+79990000003")
		clock.Advance(1)
		later := backUp(t, db)
		to := fresh(t, db.Engine(), db)
		m, err := to.Restore(t.Context(), store.Restoring{Data: bytes.NewReader(data.data), Keys: bytes.NewReader(later.keys), EndSessions: true})
		if err != nil || m.Rows["account_key"] != 1 {
			t.Fatal(m.Rows, err)
		}
		for oid, want := range map[idp.OID]bool{kept.Account.OID: true, erased.Account.OID: false} {
			if _, err := to.SubjectByOID(t.Context(), oid, "", nil); (err == nil) != want {
				t.Errorf("%v: %v", oid, err)
			}
		}
		if n := count(t, to, `SELECT COUNT(*) FROM session WHERE ended_at = 0`); n != 0 {
			t.Errorf("%d sessions live", n)
		}
	})
}
