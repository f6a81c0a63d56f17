package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"vhod/store/storetest"
)

// testSandbox is a sandbox without relying services.
type testSandbox struct {
	*sandbox
	close func() // once
}

// newSandbox begins with an empty folder and, when dsn is empty, database.
func newSandbox(t testing.TB, dsn string) *testSandbox {
	t.Helper()
	s := &testSandbox{sandbox: &sandbox{
		sandboxCommand: sandboxCommand{DB: dsn}, folder: sandboxFolder(t.TempDir()),
		issuer: "http://localhost:8080", log: slog.New(slog.DiscardHandler),
	}}
	s.start(t)
	return s
}

func (s *testSandbox) start(t testing.TB) {
	t.Helper()
	kek, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.build(t.Context(), kek, nil); err != nil {
		t.Fatal(err)
	}
	s.close = sync.OnceFunc(s.db.Close)
	t.Cleanup(s.close)
}

// call makes one request of the API and reads the answer into value, if any.
func (s *testSandbox) call(t testing.TB, status int, method, path, body string, value any) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	s.provider.Handler().ServeHTTP(w, r)
	if w.Code != status {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	if value != nil {
		d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(value); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return w.Body.String()
}

// TestSandboxAgain starts twice on each engine: the second start changes nothing.
func TestSandboxAgain(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := newSandbox(t, storetest.DSN(t, engine))
			var made sandboxPerson
			s.call(t, http.StatusCreated, http.MethodPost, "/sandbox/api/people", `{"level":"simplified","phone":false}`, &made)
			people := s.people.list()
			before, err := s.db.Clients(t.Context(), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			s.close()
			s.start(t)
			again := s.people.list()
			if len(again) != len(people) || again[len(again)-1] != made {
				t.Fatalf("%d people after the second start, %d before", len(again), len(people))
			}
			for i := range people {
				if people[i] != again[i] {
					t.Errorf("person changed: %+v, was %+v", again[i], people[i])
				}
			}
			after, err := s.db.Clients(t.Context(), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if len(after) != len(before) {
				t.Fatalf("%d services after the second start, %d before", len(after), len(before))
			}
			for i := range before {
				if !before[i].UpdatedAt.Equal(after[i].UpdatedAt) {
					t.Errorf("service %s was written again without a change", before[i].ID)
				}
			}
		})
	}
}

// TestSandboxOtherFolder: a database filled with another key is told apart.
func TestSandboxOtherFolder(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t, storetest.SQLite)
	newSandbox(t, dsn).close()
	s := &sandbox{sandboxCommand: sandboxCommand{DB: dsn}, folder: sandboxFolder(t.TempDir()), issuer: "http://localhost:8080", log: slog.New(slog.DiscardHandler)}
	kek, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.build(t.Context(), kek, nil); err == nil || !strings.Contains(err.Error(), "filled with another key") {
		t.Errorf("error %v", err)
	}
}

// TestServiceDisabledStays: an operator's change outlives a change of the seeds.
func TestServiceDisabledStays(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	wanted, err := s.services.clients("9999", "https://demo.example.com")
	if err != nil {
		t.Fatal(err)
	}
	bank, err := s.db.Client(t.Context(), bankID)
	if err != nil {
		t.Fatal(err)
	}
	before := bank.UpdatedAt
	bank.Status, bank.UpdatedAt = "disabled", s.clock.Now()
	if err := s.db.UpdateClient(t.Context(), bank, before); err != nil {
		t.Fatal(err)
	}
	if err := seedClients(t.Context(), s.db, s.clock.Now, wanted); err != nil {
		t.Fatal(err)
	}
	if bank, err = s.db.Client(t.Context(), bankID); err != nil {
		t.Fatal(err)
	}
	want := []string{"http://localhost:9999/bank/callback", "http://127.0.0.1:9999/bank/callback", "https://demo.example.com/bank/callback"}
	if bank.Status != "disabled" || strings.Join(bank.RedirectURIs, " ") != strings.Join(want, " ") {
		t.Errorf("%s, returns to %v", bank.Status, bank.RedirectURIs)
	}
}

// BenchmarkSandboxStart is from an empty folder to being ready, but for the start
// of the processes: under a second is wanted.
func BenchmarkSandboxStart(b *testing.B) {
	for b.Loop() {
		newSandbox(b, "").close()
	}
}

// BenchmarkSandboxRestart is the same on a folder that is filled.
func BenchmarkSandboxRestart(b *testing.B) {
	s := newSandbox(b, "")
	for b.Loop() {
		s.close()
		s.start(b)
	}
}
