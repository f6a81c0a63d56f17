package job_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/job"
	"vhod/store"
	"vhod/store/storetest"
)

const patience = 10 * time.Second

// safeLog collects what is logged.
type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRunner(db *store.DB, clock *storetest.Clock, handler job.Handler) (*job.Runner, *safeLog) {
	log := &safeLog{}
	return &job.Runner{DB: db, Now: clock.Now, Log: slog.New(slog.NewTextHandler(log, nil)), Handlers: map[string]job.Handler{"message": handler}}, log
}

func enqueue(t *testing.T, db *store.DB, clock *storetest.Clock, kind, destination string) store.Job {
	t.Helper()
	j := store.Job{ID: uuid.New(), Kind: kind, Destination: destination, Reference: uuid.New(), Payload: "sealed"}
	if err := db.Write(t.Context(), store.Enqueue(j, clock.Now())); err != nil {
		t.Fatal(err)
	}
	return j
}

func once(t *testing.T, r *job.Runner) int {
	t.Helper()
	n, err := r.Once(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func expectState(t *testing.T, db *store.DB, j store.Job, want string) {
	t.Helper()
	if got, err := db.JobState(t.Context(), j.Reference); got != want || err != nil {
		t.Errorf("state %q, %v, want %q", got, err, want)
	}
}

func count(t *testing.T, db *store.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.Q(t.Context()).QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestJobIsTriedAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		var seen []store.Job
		r, _ := newRunner(db, clock, func(_ context.Context, j store.Job) error {
			seen = append(seen, j)
			if len(seen) < 4 {
				return errors.New("no answer")
			}
			return nil
		})
		kept := enqueue(t, db, clock, "message", "sms")
		// Each delay doubles, give or take a quarter.
		for n, delay := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
			if once(t, r) != 1 {
				t.Fatalf("attempt %d was not made", n+1)
			}
			expectState(t, db, kept, store.JobDelayed)
			clock.Advance(delay*3/4 - time.Millisecond)
			if once(t, r) != 0 {
				t.Fatalf("attempt %d was made too early", n+2)
			}
			clock.Advance(delay / 2)
		}
		if once(t, r) != 1 {
			t.Fatal("the last attempt was not made")
		}
		expectState(t, db, kept, store.JobSent)
		for n, j := range seen {
			if j.ID != kept.ID || j.Attempts != int64(n+1) || j.Payload != "sealed" {
				t.Errorf("attempt %d was given %+v", n+1, j)
			}
		}
		clock.Advance(time.Hour)
		if once(t, r) != 0 {
			t.Error("what was sent is sent again")
		}
	})
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		handler  job.Handler
		kind     string
		attempts int
	}{
		{"refused for good", func(context.Context, store.Job) error {
			return errors.Join(errors.New("no such number"), job.ErrPermanent)
		}, "message", 1},
		{"never an answer", func(context.Context, store.Job) error { return errors.New("no answer") }, "message", 8},
		{"a handler that panics", func(context.Context, store.Job) error { panic("+79001234567") }, "message", 8},
		{"a kind nobody knows", nil, "unknown", 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
				r, log := newRunner(db, clock, c.handler)
				kept := enqueue(t, db, clock, c.kind, "sms")
				attempts := 0
				for range 12 {
					attempts += once(t, r)
					clock.Advance(time.Hour)
				}
				if attempts != c.attempts {
					t.Errorf("%d attempts, want %d", attempts, c.attempts)
				}
				expectState(t, db, kept, store.JobFailed)
				if n := count(t, db, "SELECT count(*) FROM event WHERE name = $1", string(idp.EventMessageDeadLettered)); n != 1 {
					t.Errorf("%d audit events, want one", n)
				}
				if n := count(t, db, "SELECT count(*) FROM job WHERE last_error <> '' AND payload = 'sealed'"); n != 1 {
					t.Error("the dead letter lacks its last error or its payload")
				}
				if strings.Contains(log.String(), "+7900") || count(t, db, "SELECT count(*) FROM job WHERE last_error LIKE '%+7900%'") != 0 {
					t.Error("what was thrown was logged")
				}
			})
		})
	}
}

// A process that dies in the midst of its last attempt leaves a job that is not
// tried for ever, since it may be what killed it.
func TestJobThatKillsIsGivenUp(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	kept := enqueue(t, db, clock, "message", "sms")
	for range 8 {
		if jobs, err := db.LeaseJobs(t.Context(), "sms", clock.Now(), clock.Now().Add(time.Minute), 1); len(jobs) != 1 || err != nil {
			t.Fatal(jobs, err)
		}
		clock.Advance(time.Minute)
	}
	r, _ := newRunner(db, clock, func(context.Context, store.Job) error {
		t.Error("it was tried again")
		return nil
	})
	once(t, r)
	expectState(t, db, kept, store.JobFailed)
}

// run runs a runner until the test stops it.
func run(t *testing.T, r *job.Runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(patience):
			t.Error("the runner does not stop")
		}
	})
	t.Cleanup(stop)
	return stop
}

func wait(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal(what)
	}
}

func TestEachJobIsDoneOnceByManyRunners(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		const jobs = 60
		var mu sync.Mutex
		done := map[uuid.UUID]int{}
		all := make(chan struct{})
		var left atomic.Int64
		left.Store(jobs)
		handler := func(_ context.Context, j store.Job) error {
			mu.Lock()
			done[j.ID]++
			mu.Unlock()
			if left.Add(-1) == 0 {
				close(all)
			}
			return nil
		}
		for n := range jobs {
			enqueue(t, db, clock, "message", []string{"sms", "email"}[n%2])
		}
		var stops []func()
		for range 4 {
			r, _ := newRunner(db, clock, handler)
			stops = append(stops, run(t, r))
		}
		wait(t, all, "not every job was done")
		for _, stop := range stops {
			stop()
		}
		for id, n := range done {
			if n != 1 {
				t.Errorf("job %v was done %d times", id, n)
			}
		}
		if n := count(t, db, "SELECT count(*) FROM job WHERE state = 'sent'"); n != jobs {
			t.Errorf("%d jobs recorded as sent, want %d", n, jobs)
		}
	})
}
