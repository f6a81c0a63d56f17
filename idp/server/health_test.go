package server_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vhod/idp/server"
	"vhod/store"
	"vhod/store/storetest"
)

// readiness is one answer of /health/ready.
type readiness struct {
	code   int
	text   string
	Status string
	Checks map[string]string
}

func (p *provider) readiness() readiness {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/health/ready", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	answer := readiness{code: response.StatusCode, text: string(body)}
	if err := json.Unmarshal(body, &answer); err != nil {
		p.t.Fatalf("%s: %v", body, err)
	}
	return answer
}

// steps is a monotonic clock that a test moves, so that no answer is remembered.
type steps struct {
	mu  sync.Mutex
	now time.Time
}

func (s *steps) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *steps) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func withSteps(s *steps) func(*server.Config) {
	return func(c *server.Config) { s.now, c.Monotonic = time.Unix(1_000_000, 0), s.Now }
}

func (r readiness) expect(t *testing.T, code int, status, check, begins string) {
	t.Helper()
	if r.code != code || r.Status != status || !strings.HasPrefix(r.Checks[check], begins) {
		t.Errorf("%d %s, want %d %s with %s %s", r.code, r.text, code, status, check, begins)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var s steps
		p := newProvider(t, db, clock, withSteps(&s))
		good := p.readiness()
		for _, check := range []string{"database", "schema", "keys", "clock", "outbox"} {
			good.expect(t, http.StatusOK, "ready", check, "ok")
		}
		if lines := strings.Count(good.text, "\n"); len(good.Checks) != 5 || lines != 10 {
			t.Errorf("not one line a check: %s", good.text)
		}

		// Nobody takes messages out: people can sign in all the same.
		p.person("+79990000002", withSMS)
		p.browser().get("/login").signIn("+79990000002").expect(http.StatusOK, "/login/sms")
		clock.Advance(2 * time.Minute)
		p.readiness().expect(t, http.StatusOK, "ready", "outbox", "ok") // asked a moment ago
		s.add(time.Second)
		p.readiness().expect(t, http.StatusOK, "degraded", "outbox", "degraded: a message is due for 2m0s")
		p.code("+79990000002")
		s.add(time.Second)
		p.readiness().expect(t, http.StatusOK, "ready", "outbox", "ok")

		// Keys that are not read any more.
		s.add(time.Minute)
		p.readiness().expect(t, http.StatusOK, "degraded", "keys", "degraded: not read for 1m")
		s.add(10 * time.Minute)
		p.readiness().expect(t, http.StatusServiceUnavailable, "failed", "keys", "failed")

		// A clock that was set back.
		clock.Advance(-time.Hour)
		s.add(time.Second)
		p.readiness().expect(t, http.StatusServiceUnavailable, "failed", "clock", "failed")
		clock.Advance(time.Hour)

		// A database of an older version.
		if _, err := db.Q(t.Context()).Exec(t.Context(), `UPDATE goose_db_version SET version_id = 0`); err != nil {
			t.Fatal(err)
		}
		s.add(time.Second)
		p.readiness().expect(t, http.StatusServiceUnavailable, "failed", "schema", "failed")

		p.Stopping()
		if r := p.readiness(); r.code != http.StatusServiceUnavailable || r.Status != "stopping" || len(r.Checks) != 0 {
			t.Errorf("stopping: %+v", r)
		}
		p.browser().get("/health/live").expect(http.StatusOK, "/health/live")
	})
}

// TestReadyClock: PostgreSQL's machine has a clock to compare with.
func TestReadyClock(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.Postgres)
	var s steps
	p := newProvider(t, db, clock, withSteps(&s), func(c *server.Config) { c.Sandbox = false })
	for _, c := range []struct {
		off    time.Duration
		code   int
		begins string
	}{
		{0, http.StatusOK, "ok"},
		{20 * time.Second, http.StatusOK, "degraded"},
		{2 * time.Minute, http.StatusServiceUnavailable, "failed"},
	} {
		clock.Advance(time.Until(clock.Now()) * -1)
		clock.Advance(c.off)
		s.add(time.Second)
		status := map[string]string{"ok": "ready", "degraded": "degraded", "failed": "failed"}[c.begins]
		p.readiness().expect(t, c.code, status, "clock", c.begins)
	}
	p.has(`vhod_health_check{check="clock"} 0`, `vhod_health_check{check="database"} 1`)
}

// wire carries bytes to a server and can be cut or held.
type wire struct {
	listener net.Listener
	server   string
	mu       sync.Mutex
	cut      bool
	held     bool
	open     []net.Conn
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, server: server}
	t.Cleanup(func() { _ = l.Close(); w.set(true, false) })
	go w.serve()
	return w
}

func (w *wire) set(cut, held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.held = cut, held
	if cut {
		for _, c := range w.open {
			_ = c.Close()
		}
		w.open = nil
	}
}

func (w *wire) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.server) //nolint:noctx // of a test
		w.mu.Lock()
		if err != nil || w.cut {
			_ = near.Close()
			w.mu.Unlock()
			continue
		}
		w.open = append(w.open, near, far)
		w.mu.Unlock()
		go w.carry(far, near)
		go w.carry(near, far)
	}
}

func (w *wire) carry(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		for {
			w.mu.Lock()
			held := w.held
			w.mu.Unlock()
			if !held {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err != nil {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// TestReadyWithoutDatabase: gone, silent and back; the process lives on.
func TestReadyWithoutDatabase(t *testing.T) {
	t.Parallel()
	direct, clock := storetest.DSN(t, storetest.Postgres), storetest.NewClock()
	address, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, address.Host)
	address.Host = w.listener.Addr().String()
	db, err := store.Open(t.Context(), store.Config{DSN: address.String(), Now: clock.Now, KEK: storetest.KEK(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var s steps
	p := newProvider(t, db, clock, withSteps(&s))
	for _, c := range []struct {
		name      string
		cut, held bool
		code      int
		status    string
		begins    string
	}{
		{"there", false, false, http.StatusOK, "ready", "ok"},
		{"gone", true, false, http.StatusServiceUnavailable, "failed", "failed: it does not answer"},
		{"back", false, false, http.StatusOK, "ready", "ok"},
		{"silent", false, true, http.StatusServiceUnavailable, "failed", "failed: it does not answer"},
		{"speaking", false, false, http.StatusOK, "ready", "ok"},
	} {
		w.set(c.cut, c.held)
		s.add(time.Second)
		begun := time.Now()
		answer := p.readiness()
		if took := time.Since(begun); took > 4*time.Second {
			t.Errorf("%s: the answer took %s", c.name, took)
		}
		// Connections that broke a moment ago are each found out at their next use.
		for (answer.code != c.code || answer.Status != c.status) && time.Since(begun) < 20*time.Second {
			time.Sleep(100 * time.Millisecond)
			s.add(time.Second)
			answer = p.readiness()
		}
		answer.expect(t, c.code, c.status, "database", c.begins)
		p.browser().get("/health/live").expect(http.StatusOK, "/health/live")
	}
}
