package server

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp/job"
	"vhod/idp/metric"
	"vhod/keys"
	"vhod/store"
)

// measure connects the metrics with what they count.
func (s *Server) measure() {
	s.DB.Observe(store.Observer{Kept: s.Metrics.Event, Trip: s.tripBegun()})
	s.Metrics.Watch(metric.Sources{
		DB: s.DB, Hasher: s.Hasher, Ring: s.Ring, Now: s.Now, Known: s.Clients.Known, Successes: s.tasks.successes,
	})
}

// count tells the metrics of an answer.
func (s *Server) count(c echo.Context, took time.Duration) {
	s.Metrics.Request(c.Path(), c.Request().Method, c.Response().Status, outcome(c), took)
}

// outcome says in a word how a request ended.
func outcome(c echo.Context) string {
	status := c.Response().Status
	err, _ := c.Get(errorKey).(error)
	var busy *keys.BusyError
	switch {
	case status == http.StatusTooManyRequests:
		return "limited"
	case status < http.StatusBadRequest:
		return "ok"
	case status < http.StatusInternalServerError:
		return "refused"
	case c.Get(plannedKey) != nil:
		return "stopping"
	case errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil:
		return "gone" // whoever asked did not wait for the answer
	case status == http.StatusServiceUnavailable && (err == nil || errors.As(err, &busy)):
		return "busy"
	case status == http.StatusServiceUnavailable:
		return "unavailable"
	default:
		return "fault"
	}
}

// counted is a handler of messages whose attempts are counted and traced.
func (s *Server) counted(deliver job.Handler) job.Handler {
	return func(ctx context.Context, j store.Job) error {
		ctx, ended := s.Trace.Message(ctx, j.Destination)
		err := deliver(ctx, j)
		ended(err)
		s.Metrics.Message(j.Destination, err)
		return err
	}
}

// lookAtOutbox tells the metrics how the outbox stands.
func (s *Server) lookAtOutbox(ctx context.Context) error {
	all, err := s.DB.Outbox(ctx)
	if err == nil {
		s.Metrics.Outbox(all)
	}
	return err
}

// The tasks that are asked about by name.
const (
	taskKeys = "keys"
	taskJobs = "jobs" // the outbox's runner
)

// ran takes note of a turn of a background task.
func (s *Server) ran(task string, err error) {
	if errors.Is(err, context.Canceled) {
		return // the server is stopping
	}
	s.Metrics.Run(task, err)
	if err == nil {
		s.tasks.did(task)
	}
}

// tasks remembers when each background task last did its work, or began.
type tasks struct {
	now func() time.Time

	mu   sync.Mutex
	last map[string]time.Time
}

// did notes a success; beginning counts as one, so that a task that never succeeds
// gets older from there.
func (t *tasks) did(task string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[string]time.Time{}
	}
	t.last[task] = t.now()
}

// successes tells how long ago that was.
func (t *tasks) successes() map[string]time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, all := t.now(), map[string]time.Duration{}
	for task, at := range t.last {
		all[task] = now.Sub(at)
	}
	return all
}
