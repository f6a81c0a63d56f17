package server

import (
	"crypto/rand"
	"encoding/base32"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/store"
)

// numbers are written without letters that are mistaken for digits.
var numberEncoding = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// requestNumber gives each request the number that pages, answers and the log
// share. One that a stranger sent is not taken over.
func requestNumber(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		raw := make([]byte, 10)
		rand.Read(raw) // never fails (crypto/rand)
		c.Response().Header().Set(echo.HeaderXRequestID, numberEncoding.EncodeToString(raw))
		return next(c)
	}
}

// plannedKey marks an answer that is no fault though its status is one's.
const plannedKey = "planned"

// requestLog writes one line for each request: the route, never the address line
// with its parameters, nor anything of the person.
func (s *Server) requestLog(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		defer s.Metrics.Begin()()
		begun := s.monotonic()
		ctx := store.CountTrips(c.Request().Context())
		c.SetRequest(c.Request().WithContext(ctx))
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		took := s.monotonic().Sub(begun)
		s.count(c, took)
		route := c.Path()
		if route == "" {
			route = "(none)"
		}
		attrs := []slog.Attr{
			slog.String("id", c.Response().Header().Get(echo.HeaderXRequestID)),
			slog.String("method", c.Request().Method),
			slog.String("route", route),
			slog.Int("status", c.Response().Status),
			slog.Int64("bytes", c.Response().Size),
			slog.Float64("took_ms", float64(took.Microseconds())/1000),
			slog.Int("trips", store.Trips(ctx)),
		}
		level := slog.LevelInfo
		if c.Response().Status >= http.StatusInternalServerError && c.Get(plannedKey) == nil {
			level = slog.LevelError
		}
		if detail, ok := c.Get(errorKey).(error); ok {
			attrs = append(attrs, slog.String("error", detail.Error()))
		}
		s.Log.LogAttrs(ctx, level, "request", attrs...)
		return nil
	}
}

// monotonic times requests by the machine's clock, which the sandbox does not move.
func (s *Server) monotonic() time.Time { return s.Monotonic() }
