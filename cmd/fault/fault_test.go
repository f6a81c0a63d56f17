package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/cmd/rig"
	"vhod/store"
	"vhod/store/storetest"
)

// build makes the program under test.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "vhod")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "vhod/cmd/vhod").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// TestFaults is the short form of make fault: the server is killed on each engine,
// and its connections to the database are cut.
func TestFaults(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, engine := range []string{sqlite, postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if _, err := rig.PostgresFolder(); engine == postgres && err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			o := &options{Engines: []string{engine}, Scenarios: ".", Binary: binary}
			all, err := o.play(t.Context(), []scenario{
				{name: "server kill -9", engines: both, fault: killOnce},
				{name: "connections cut", engines: onPostgres, proxied: true, fault: cutBriefly},
			})
			if err != nil {
				t.Error(err)
			}
			if show(os.Stderr, all) {
				t.Error("what must not be was found")
			}
			for _, r := range all {
				if r.Operations < 20 || r.Unknown == 0 {
					t.Errorf("%s: %d operations, %d unknown: nothing was tried", r.Scenario, r.Operations, r.Unknown)
				}
			}
		})
	}
}

// TestLossIsFound: a database that goes back in time, as one whose disk never kept
// what it acknowledged, is found out.
func TestLossIsFound(t *testing.T) {
	t.Parallel()
	o := &options{Engines: []string{sqlite}, Scenarios: ".", Binary: build(t)}
	all, err := o.play(t.Context(), []scenario{{name: "commits lost", engines: both, fault: func(ctx context.Context, s *stage) (time.Time, string, error) {
		name := strings.TrimPrefix(s.dsn, "sqlite:")
		kept := map[string][]byte{}
		s.providers[0].Kill()
		for _, suffix := range []string{"", "-wal"} {
			text, err := os.ReadFile(name + suffix)
			if err != nil {
				return time.Time{}, "", err
			}
			kept[suffix] = text
		}
		if _, err := s.providers[0].Start(ctx); err != nil {
			return time.Time{}, "", err
		}
		// Enough that is acknowledged now and will not have been.
		for from := s.done(); s.done() < from+100 && ctx.Err() == nil; {
			pause(ctx, 20*time.Millisecond)
		}
		s.providers[0].Kill()
		if err := os.Remove(name + "-shm"); err != nil {
			return time.Time{}, "", err
		}
		for suffix, text := range kept {
			if err := os.WriteFile(name+suffix, text, 0o600); err != nil {
				return time.Time{}, "", err
			}
		}
		_, err := s.providers[0].Start(ctx)
		return time.Now(), "", err
	}}})
	if err != nil || len(all) != 1 || all[0].Lost == 0 {
		t.Errorf("%v", err)
		show(os.Stderr, all)
	}
}

// TestLedgerBites: what must not be is found.
func TestLedgerBites(t *testing.T) {
	t.Parallel()
	l, err := openLedger(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	l.exchanged("a", "one", "two")
	l.exchanged("a", "one", "two")
	l.spent("a", "code")
	if len(l.violations) > 0 {
		t.Errorf("%v", l.violations)
	}
	l.exchanged("a", "one", "three")
	l.spent("a", "code")
	if l.count(forked) != 1 || l.count(double) != 1 {
		t.Errorf("%v", l.violations)
	}
	l.seen("/a?b", rig.Answer{Status: 503, Retry: "5"}, nil, 0)
	if len(l.defects) > 0 || l.unwells != 1 {
		t.Errorf("%v", l.defects)
	}
	l.seen("/a?b", rig.Answer{Status: 503}, nil, 0)
	l.seen("/a?c", rig.Answer{Status: 500, Retry: "5"}, nil, answerWithin+1)
	if l.count(late) != 1 || l.defects["/a answered 503 without Retry-After"] != 1 || l.defects["/a answered 500 without Retry-After"] != 1 {
		t.Errorf("%v", l.defects)
	}
}

// TestOutcomes: what was refused is known not to be done; what failed is not.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for want, errs := range map[string][]error{
		acknowledged: {nil},
		refused:      {rig.Unexpected("x", rig.Answer{Status: 400}), rig.Unexpected("x", rig.Answer{Status: 200})},
		unknown:      {os.ErrDeadlineExceeded, rig.Unexpected("x", rig.Answer{Status: 503, Retry: "5"}), rig.Unexpected("x", rig.Answer{Status: 500})},
	} {
		for _, err := range errs {
			if got := outcome(err); got != want {
				t.Errorf("%v: %s, not %s", err, got, want)
			}
		}
	}
}

// TestOrphansAreFound: a row of nobody, and an account too many.
func TestOrphansAreFound(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		l, err := openLedger(filepath.Join(t.TempDir(), "ledger"))
		if err != nil {
			t.Fatal(err)
		}
		s := &traffic{ledger: l}
		if err := s.rows(t.Context(), db); err != nil || len(l.violations) > 0 {
			t.Fatalf("%v, %v", l.violations, err)
		}
		for _, statement := range []string{
			`INSERT INTO consent (bucket, account_id, client_id, scopes, granted_at, updated_at) VALUES (1, 1, 'x', '', 0, 0)`,
			`INSERT INTO identifier (bidx, kind, key_version, bucket, account_id, created_at) VALUES ($1, 'phone', 1, 1, 1, 0)`,
		} {
			var args []any
			if id := uuid.New(); statement[12:22] == "identifier" {
				args = []any{id[:]}
			}
			if _, err := db.Q(t.Context()).Exec(t.Context(), statement, args...); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.rows(t.Context(), db); err != nil || l.count(orphaned) != 2 || l.count(double) != 1 {
			t.Errorf("%v, %v", l.violations, err)
		}
	})
}

// TestGrace: a family whose token was shown in vain may end only later.
func TestGrace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    family
		want bool
	}{
		{family{}, true}, {family{ended: true}, false}, {family{unsure: true}, false},
		{family{unanswered: time.Now()}, true}, {family{unanswered: time.Now().Add(-grace)}, false},
	} {
		if c.f.live() != c.want {
			t.Errorf("%+v", c.f)
		}
	}
}
