package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp/guard"
)

// Limits are how much this process takes on. They hold back floods, not people: a
// network may be an office or a whole mobile operator. Zero takes the default.
type Limits struct {
	Requests  int // in hand at a time, of all; more are answered 503; default 1,000
	Pages     int // a minute from one network; default 6,000
	Forms     int // posted a minute from one network; default 1,200
	Passwords int // posted a minute from one network; default 300
	Failures  int // wrong passwords an hour from one host, ten times that from its network; default 100
	Protocol  int // requests of services a minute from one network; default 60,000
	Client    int // requests a minute of one service that has proved who it is; default 60,000
}

func (l *Limits) defaults() {
	for value, preset := range map[*int]int{
		&l.Requests: 1000, &l.Pages: 6000, &l.Forms: 1200, &l.Passwords: 300, &l.Failures: 100, &l.Protocol: 60_000, &l.Client: 60_000,
	} {
		if *value <= 0 {
			*value = preset
		}
	}
}

// perMinute is a rate of one of the limits.
func perMinute(n int) guard.Rate { return guard.Rate{Limit: n, Per: time.Minute} }

// limited is a kind of requests that are counted together.
func (s *Server) limited(c echo.Context) (kind string, rate guard.Rate) {
	path, read := c.Path(), c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead
	switch {
	case strings.HasPrefix(path, "/health/"), strings.HasPrefix(path, "/static/"):
		return "", guard.Rate{}
	case path == "/login/password":
		return "passwords", perMinute(s.Limits.Passwords)
	case path == "/oauth2/authorize" || path == "/oauth2/logout": // these show pages
		return "pages", perMinute(s.Limits.Pages)
	case strings.HasPrefix(path, "/oauth2/"), strings.HasPrefix(path, "/.well-known/"):
		return "protocol", perMinute(s.Limits.Protocol)
	case read:
		return "pages", perMinute(s.Limits.Pages)
	default:
		return "forms", perMinute(s.Limits.Forms)
	}
}

// limitRate answers 429 to networks that ask too often.
func (s *Server) limitRate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if kind, rate := s.limited(c); kind != "" {
			if err := s.Rates.Take(kind, guard.Network(c.RealIP()), rate); err != nil {
				s.Metrics.Refused(kind)
				return err
			}
		}
		return next(c)
	}
}

// shed answers 503 at once when more is in hand than can be: those who wait in a
// queue that grows are all too late.
func (s *Server) shed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Path(), "/health/") {
			return next(c)
		}
		defer s.inHand.Add(-1)
		if s.inHand.Add(1) > int64(s.Limits.Requests) {
			s.Metrics.Refused("requests")
			return errOverload
		}
		return next(c)
	}
}

// within is how long a request may take: a database that says nothing holds nobody
// for longer.
const within = 7 * time.Second

// deadline ends what takes too long; it is answered 503.
func deadline(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), within)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
