package server

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// live is GET /health/live: the process answers.
func (s *Server) live(c echo.Context) error { return c.String(http.StatusOK, "live\n") }

// health is what GET /health/ready answers: a line for each check, without what
// strangers must not learn.
type health struct {
	Status string            `json:"status"` // ready, degraded, failed, stopping
	Checks map[string]string `json:"checks,omitempty"`

	err error // for the log
}

// ready is GET /health/ready: requests can be served. A server that is stopping
// says no, so that a balancer sends the next ones elsewhere.
func (s *Server) ready(c echo.Context) error {
	if s.stopping.Load() {
		c.Set(plannedKey, true)
		return c.JSONPretty(http.StatusServiceUnavailable, health{Status: "stopping"}, " ")
	}
	h := s.health(c.Request().Context())
	if h.err != nil {
		c.Set(errorKey, h.err)
	}
	status := http.StatusOK
	if h.Status == statusFailed {
		status = http.StatusServiceUnavailable
	}
	return c.JSONPretty(status, h, " ")
}

// Stopping makes readiness fail from now on.
func (s *Server) Stopping() { s.stopping.Store(true) }

const (
	statusReady    = "ready"
	statusDegraded = "degraded"
	statusFailed   = "failed"
)

// healthFor is how long an answer holds: anybody may ask as often as they like.
const healthFor = time.Second

// checked is the last answer.
type checked struct {
	mu   sync.Mutex
	at   time.Time
	last *health
}

// health makes every check, all at a time, unless that was done a moment ago.
func (s *Server) health(ctx context.Context) *health {
	s.checked.mu.Lock()
	defer s.checked.mu.Unlock()
	if s.checked.last != nil && s.monotonic().Sub(s.checked.at) < healthFor {
		return s.checked.last
	}
	// Not the context of whoever asks first: the answer is for others too.
	s.checked.last = s.check(context.WithoutCancel(ctx))
	s.checked.at = s.monotonic()
	return s.checked.last
}

func (s *Server) check(ctx context.Context) *health {
	var group sync.WaitGroup
	var mu sync.Mutex
	h := &health{Status: statusReady, Checks: map[string]string{}}
	values := map[string]float64{}
	var errs []error
	for _, one := range s.checks() {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, one.within)
			defer cancel()
			err := one.run(ctx)
			var worse *degraded
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				h.Checks[one.name], values[one.name] = "ok", 1
			case errors.As(err, &worse):
				h.Checks[one.name], values[one.name] = "degraded: "+worse.reason, 0.5
				if h.Status == statusReady {
					h.Status = statusDegraded
				}
			default:
				h.Checks[one.name], h.Status = "failed: "+one.failure, statusFailed
				errs = append(errs, err)
			}
		})
	}
	group.Wait()
	for name := range maps.Keys(h.Checks) {
		s.Metrics.Check(name, values[name])
	}
	h.err = errors.Join(errs...)
	return h
}

// lookAtHealth keeps the metrics of the checks fresh though nobody asks, and logs
// what failed.
func (s *Server) lookAtHealth(ctx context.Context) error {
	h := s.health(ctx)
	if h.Status == statusDegraded {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "degraded", slog.Any("checks", h.Checks))
	}
	return h.err
}
