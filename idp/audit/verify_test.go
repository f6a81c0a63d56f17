package audit_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp/audit"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

func (s *site) verify() *audit.Report {
	s.t.Helper()
	report, err := audit.Verify(s.t.Context(), s.db, s.ring.AuditKeys(), s.clock.Now(), audit.Span{}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

func (s *site) wantGood() {
	s.t.Helper()
	for _, p := range s.verify().Problems {
		s.t.Error(p)
	}
}

func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Q(s.t.Context()).Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// filled is a journal of two lanes, each of three seals of five events, with an
// anchor after each; keys rotate on the way.
func filled(t testing.TB, db *store.DB, clock *storetest.Clock) (s *site, lanes [2]int64) {
	t.Helper()
	s = newSite(t, db, clock)
	sealers := []*audit.Sealer{s.sealer(db), s.sealer(db)}
	for round := range 3 {
		for _, sealer := range sealers {
			s.write(t.Context(), 5)
			s.sealAll(sealer)
			if err := sealer.Anchor(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Minute)
		}
		if round == 0 {
			if _, err := s.ring.Rotate(t.Context(), keys.UseAudit, "", keys.Emergency); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := db.JournalLanes(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d lanes: %v", len(all), err)
	}
	return s, [2]int64{all[0], all[1]}
}

func (s *site) eventAt(lane int64, seq int) uuid.UUID {
	s.t.Helper()
	var id uuid.UUID
	if err := s.db.Q(s.t.Context()).QueryRow(s.t.Context(), "SELECT event_id FROM journal WHERE lane = $1 AND seq = $2", lane, seq).Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	return id
}

func TestVerifyGood(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, _ := filled(t, db, clock)
		s.write(t.Context(), 2) // they wait, for less than a minute
		r := s.verify()
		if r.Wrong != 0 || r.Events != 30 || r.Seals != 6 || r.Lanes != 2 || r.Anchors != 6 || len(r.Keys) != 2 || r.LastAnchor != 6 {
			t.Errorf("%+v", r)
		}
		found, err := audit.Verify(t.Context(), db, s.ring.AuditKeys(), clock.Now(), audit.Span{}, r.LastHash)
		if err != nil || found.Wrong != 0 {
			t.Errorf("the last anchor is not found again: %+v %v", found, err)
		}
	})
}

// A part goes from anchor to anchor.
func TestVerifySpan(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		began := clock.Now()
		s, lanes := filled(t, db, clock)
		for _, c := range []struct {
			from, to time.Duration
			events   int64
		}{{0, 0, 25}, {2 * time.Minute, 0, 15}, {2 * time.Minute, 3 * time.Minute, 10}, {time.Hour, 0, 0}} {
			span := audit.Span{From: began.Add(c.from)}
			if c.to > 0 {
				span.To = began.Add(c.to)
			}
			r, err := audit.Verify(t.Context(), db, s.ring.AuditKeys(), clock.Now(), span, "")
			if err != nil || r.Wrong != 0 {
				t.Errorf("%v: %v %v", c, r.Problems, err)
			}
			if r.Events != c.events {
				t.Errorf("%v: %d events", c, r.Events)
			}
		}
		s.exec("UPDATE journal SET data = '{}' WHERE lane = $1 AND seq = 15", lanes[1])
		r, err := audit.Verify(t.Context(), db, s.ring.AuditKeys(), clock.Now(), audit.Span{From: began.Add(3 * time.Minute)}, "")
		if err != nil || r.Wrong != 1 || r.Problems[0].Kind != audit.Changed {
			t.Errorf("%v %v", r.Problems, err)
		}
	})
}

// Each way of tampering is found and what was tampered with is named.
func TestVerifyTampering(t *testing.T) {
	for name, c := range map[string]struct {
		tamper func(s *site, lane, other int64)
		kinds  []string // all that is found
		seqs   []int64  // of the first lane, that have to be named
		events []int    // sequences of the first lane whose events have to be named
	}{
		"data changed": {func(s *site, lane, _ int64) {
			s.exec(`UPDATE journal SET data = '{"amr":"otp"}' WHERE lane = $1 AND seq = 7`, lane)
		}, []string{audit.Changed}, []int64{7}, []int{7}},
		"account changed": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal SET account_id = 1 WHERE lane = $1 AND seq = 1", lane)
		}, []string{audit.Changed}, []int64{1}, []int{1}},
		"bucket changed": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal SET bucket = (bucket + 1) % 4096 WHERE lane = $1 AND seq = 1", lane)
		}, []string{audit.Changed}, []int64{1}, []int{1}},
		"time changed": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal SET at = at + 1 WHERE lane = $1 AND seq = 15", lane)
		}, []string{audit.Changed}, []int64{15}, []int{15}},
		"text moved": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal SET client_id = actor, actor = client_id WHERE lane = $1 AND seq = 2", lane)
		}, []string{audit.Changed}, []int64{2}, []int{2}},
		"deleted":      {func(s *site, lane, _ int64) { s.exec("DELETE FROM journal WHERE lane = $1 AND seq = 8", lane) }, []string{audit.Deleted}, []int64{8}, []int{8}},
		"last deleted": {func(s *site, lane, _ int64) { s.exec("DELETE FROM journal WHERE lane = $1 AND seq = 15", lane) }, []string{audit.Deleted}, []int64{15}, []int{15}},
		"all deleted":  {func(s *site, lane, _ int64) { s.exec("DELETE FROM journal WHERE lane = $1", lane) }, slices.Repeat([]string{audit.Deleted}, 15), []int64{1, 15}, []int{1, 15}},
		"reordered": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal SET seq = 19 - seq WHERE lane = $1 AND seq IN (9, 10)", lane)
		}, []string{audit.Reordered, audit.Reordered}, []int64{9, 10}, []int{9, 10}},
		"far reordered": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal SET seq = 15 - seq WHERE lane = $1 AND seq IN (2, 13)", lane)
		}, []string{audit.Added, audit.Added, audit.Deleted, audit.Deleted}, []int64{2, 13}, []int{2, 13}},
		"id changed": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal SET event_id = $1 WHERE lane = $2 AND seq = 4", uuid.New(), lane)
		}, []string{audit.Added, audit.Deleted}, []int64{4}, []int{4}},
		"put elsewhere": {func(s *site, lane, other int64) {
			s.exec("UPDATE journal SET lane = $1, seq = 16 WHERE lane = $2 AND seq = 3", other, lane)
		}, []string{audit.Added, audit.Deleted}, []int64{3}, []int{3}},
		"added": {func(s *site, lane, _ int64) {
			s.exec("INSERT INTO journal SELECT bucket, $1, account_id, at, name, client_id, actor, request_id, data, lane, seq FROM journal WHERE lane = $2 AND seq = 5", uuid.New(), lane)
		}, []string{audit.Added}, []int64{5}, nil},
		"added in no lane": {func(s *site, lane, _ int64) {
			s.exec("INSERT INTO journal SELECT bucket, $1, account_id, at, name, client_id, actor, request_id, data, 77, -3 FROM journal WHERE lane = $2 AND seq = 5", uuid.New(), lane)
		}, []string{audit.Added}, nil, nil},
		"seal altered": {func(s *site, lane, _ int64) {
			s.exec("UPDATE journal_seal SET hash = previous WHERE lane = $1 AND seal = 2", lane)
		}, []string{audit.Seals, audit.Seals, audit.Seals}, []int64{6, 10, 11}, nil},
		"seal deleted":      {func(s *site, lane, _ int64) { s.exec("DELETE FROM journal_seal WHERE lane = $1 AND seal = 2", lane) }, []string{audit.Seals}, []int64{6}, nil},
		"first seals gone":  {func(s *site, lane, _ int64) { s.exec("DELETE FROM journal_seal WHERE lane = $1 AND seal < 3", lane) }, []string{audit.Seals}, []int64{1}, nil},
		"last seal deleted": {func(s *site, lane, _ int64) { s.exec("DELETE FROM journal_seal WHERE lane = $1 AND seal = 3", lane) }, append(slices.Repeat([]string{audit.Added}, 5), audit.Tail), []int64{11}, []int{11, 15}},
		"tail cut": {func(s *site, lane, _ int64) {
			s.exec("DELETE FROM journal WHERE lane = $1 AND seq > 10", lane)
			s.exec("DELETE FROM journal_seal WHERE lane = $1 AND seal = 3", lane)
			s.exec("UPDATE journal_lane SET seal = 2, seq = 10 WHERE lane = $1", lane)
		}, []string{audit.Tail}, []int64{11}, nil},
		"lane gone": {func(s *site, lane, _ int64) {
			for _, table := range []string{"journal", "journal_seal", "journal_lane"} {
				s.exec("DELETE FROM "+table+" WHERE lane = $1", lane)
			}
		}, []string{audit.Tail}, []int64{1}, nil},
		"anchor deleted":    {func(s *site, _, _ int64) { s.exec("DELETE FROM journal_anchor WHERE anchor = 3") }, []string{audit.Anchors}, nil, nil},
		"first anchor gone": {func(s *site, _, _ int64) { s.exec("DELETE FROM journal_anchor WHERE anchor = 1") }, []string{audit.Anchors}, nil, nil},
		"anchor moved":      {func(s *site, _, _ int64) { s.exec("UPDATE journal_anchor SET anchor = 7 WHERE anchor = 6") }, []string{audit.Anchors, audit.Anchors}, nil, nil},
		"signature altered": {func(s *site, _, _ int64) {
			s.exec("UPDATE journal_anchor SET signed = substr(signed, 1, 100) || 'A' || substr(signed, 102) WHERE anchor = 6")
		}, []string{audit.Signature}, nil, nil},
		"anchor of a friend": {func(s *site, _, _ int64) { s.forge() }, []string{audit.Signature}, nil, nil},
		"unsealed": {func(s *site, _, _ int64) {
			s.write(s.t.Context(), 2)
			s.clock.Advance(2 * time.Minute)
		}, []string{audit.Unsealed, audit.Unsealed}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
				s, lanes := filled(t, db, clock)
				ids := map[int]string{}
				for _, seq := range c.events {
					ids[seq] = s.eventAt(lanes[0], seq).String()
				}
				c.tamper(s, lanes[0], lanes[1])
				r := s.verify()
				var kinds []string
				for _, p := range r.Problems {
					kinds = append(kinds, p.Kind)
				}
				slices.Sort(kinds)
				want := slices.Sorted(slices.Values(c.kinds))
				if !slices.Equal(kinds, want) {
					t.Fatalf("found %v\n%v", kinds, r.Problems)
				}
				for _, seq := range c.seqs {
					if !slices.ContainsFunc(r.Problems, func(p audit.Problem) bool { return p.Seq == seq && p.Lane != "" }) {
						t.Errorf("sequence %d is not named: %v", seq, r.Problems)
					}
				}
				for seq, id := range ids {
					if !slices.ContainsFunc(r.Problems, func(p audit.Problem) bool { return p.Event == id }) {
						t.Errorf("the event of sequence %d is not named: %v", seq, r.Problems)
					}
				}
			})
		})
	}
}

// forge signs the last anchor anew with a key that the attacker put into the
// ring's table: its private part is not sealed under the provider's key.
func (s *site) forge() {
	s.t.Helper()
	last, err := s.db.LastAnchor(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	payload, _, err := s.ring.AuditKeys().Verify(last.Signed)
	if err != nil {
		s.t.Fatal(err)
	}
	other, _ := storetest.Open(s.t, storetest.SQLite)
	signed, err := newSite(s.t, other, s.clock).ring.SignAudit(payload)
	if err != nil {
		s.t.Fatal(err)
	}
	s.exec("UPDATE journal_anchor SET signed = $1 WHERE anchor = $2", signed, last.Number)
}

// Everything of the journal's end gone, signatures and all: who wrote an anchor
// down elsewhere finds out.
func TestVerifyWrittenAnchor(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, lanes := filled(t, db, clock)
		written := s.verify().LastHash
		s.exec("DELETE FROM journal_anchor WHERE anchor > 4")
		for _, lane := range lanes {
			s.exec("DELETE FROM journal WHERE lane = $1 AND seq > 10", lane)
			s.exec("DELETE FROM journal_seal WHERE lane = $1 AND seal = 3", lane)
			s.exec("UPDATE journal_lane SET seal = 2, seq = 10 WHERE lane = $1", lane)
		}
		s.wantGood()
		r, err := audit.Verify(t.Context(), db, s.ring.AuditKeys(), clock.Now(), audit.Span{}, written)
		if err != nil || r.Wrong != 1 || r.Problems[0].Kind != audit.Anchors || !strings.Contains(r.Problems[0].Detail, written) {
			t.Errorf("%v %v", r, err)
		}
		if text, err := json.Marshal(r.Problems[0]); err != nil || !strings.Contains(string(text), `"kind":"anchors"`) {
			t.Errorf("%s %v", text, err)
		}
	})
}
