package server

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// readyWithin bounds how long readiness asks the database.
const readyWithin = 2 * time.Second

// live is GET /health/live: the process answers.
func (s *Server) live(c echo.Context) error { return c.String(http.StatusOK, "live\n") }

// ready is GET /health/ready: requests can be served. A server that is stopping
// says no, so that a balancer sends the next ones elsewhere.
func (s *Server) ready(c echo.Context) error {
	if s.stopping.Load() {
		c.Set(plannedKey, true)
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	if err := s.Ready(c.Request().Context()); err != nil {
		c.Set(errorKey, err)
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

// Ready tells whether the database answers.
func (s *Server) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return s.DB.Ping(ctx)
}

// Stopping makes readiness fail from now on.
func (s *Server) Stopping() { s.stopping.Store(true) }
