package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/cache"
	"vhod/idp/guard"
	"vhod/idp/job"
	"vhod/idp/metric"
	"vhod/idp/notify"
	"vhod/idp/session"
	"vhod/idp/trace"
	"vhod/keys"
	"vhod/store"
	"vhod/ui"
)

// Config is what a provider is made of.
type Config struct {
	// Issuer is the provider's address, without a slash at the end; every
	// absolute link is made from it.
	Issuer string
	DB     *store.DB
	KEK    keys.KEK
	Now    idp.Clock
	// Monotonic times requests; it is not moved with the sandbox's clock.
	Monotonic  func() time.Time
	Log        *slog.Logger
	Password   keys.Cost
	KeyPeriod  time.Duration // how long a signing key is in use; zero is the default of keys
	MinimumAge int
	// MX tells whether a domain takes mail; nil asks nobody.
	MX func(ctx context.Context, domain string) error
	// Mail and SMS are how messages go out.
	Mail, SMS notify.Channel
	// TrustedProxies are the networks of the proxies that end TLS and tell whose
	// request it is with X-Forwarded-For. With any, nobody else is answered: what
	// comes past the proxy was neither encrypted nor says who it is. Without, the
	// header is not heard.
	TrustedProxies []netip.Prefix
	Limits         Limits
	// Metrics are counted whether or not anybody asks for them; nil makes some.
	Metrics *metric.Metrics
	// Trace makes spans; nil makes none.
	Trace *trace.Tracer
	// Sandbox marks every page; Exposed says that strangers may reach it.
	Sandbox, Exposed bool
	// Extra adds routes: the sandbox's.
	Extra func(*echo.Echo, *Server)
}

// Server is a whole provider.
type Server struct {
	Config
	Ring    *keys.Ring
	Hasher  *keys.Hasher
	Clients *cache.Clients
	Revoked *cache.Revoked
	UI      *ui.UI
	Sender  *notify.Sender
	Jobs    *job.Runner
	Cookies session.Cookies
	Rates   *guard.Rates

	echo     *echo.Echo
	stopping atomic.Bool
	inHand   atomic.Int64 // requests
	tasks    tasks
	checked  checked
}

// keepSealed is how long a retired box key still opens: registrations in
// progress are the longest-lived of what is sealed with one.
const keepSealed = 8 * 24 * time.Hour

// KeyTerms are the terms of the key ring; period is how long a signing key is in
// use, zero the default of keys.
func KeyTerms(period time.Duration) keys.Terms {
	return keys.Terms{Period: period, KeepBox: keepSealed}
}

// New loads the keys and the services and builds the features.
func New(ctx context.Context, c Config) (*Server, error) {
	s := &Server{Config: c, Cookies: session.Cookies{Secure: isHTTPS(c.Issuer)}, Rates: guard.NewRates(c.Monotonic), tasks: tasks{now: c.Monotonic}}
	s.Limits.defaults()
	if s.Metrics == nil {
		s.Metrics = metric.New(metric.Build{})
	}
	var err error
	if s.UI, err = ui.New(); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	s.Ring, err = keys.NewRing(ctx, keys.Config{
		Storage: c.DB, KEK: c.KEK, Now: c.Now,
		Terms: KeyTerms(c.KeyPeriod),
	})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if s.Hasher, err = keys.NewHasher(keys.HashConfig{Cost: c.Password, Now: c.Monotonic, Begun: s.hashBegun()}); err != nil {
		return nil, fmt.Errorf("password hashing: %w", err)
	}
	if s.Clients, err = cache.NewClients(ctx, c.DB); err != nil {
		return nil, err
	}
	if s.Revoked, err = cache.NewRevoked(ctx, c.DB, c.Now, c.Monotonic); err != nil {
		return nil, err
	}
	s.tasks.did(taskKeys)
	s.measure()
	s.messages()
	s.echo = s.newEcho()
	if err := s.features(); err != nil {
		return nil, err
	}
	if c.Extra != nil {
		c.Extra(s.echo, s)
	}
	return s, nil
}

func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Renderer = renderer{s}
	e.HTTPErrorHandler = s.renderError
	e.IPExtractor = s.addresses()
	e.Use(requestNumber, s.traced, s.securityHeaders, s.requestLog, recoverPanic, s.shed, deadline, s.onlyProxies, s.limitRate, limitBody, s.language, crossOrigin())
	return e
}

// Handler serves requests.
func (s *Server) Handler() http.Handler { return s.echo }

// The periods of what runs beside requests.
const (
	maintainEvery = time.Second / 2 // what changed elsewhere is seen within a second
	revokedEvery  = time.Second / 2
	purgeEvery    = 10 * time.Minute
	lookEvery     = 15 * time.Second // for the metrics
)

// Background keeps keys and services fresh, sends messages, seals the journal and
// removes what has expired, until ctx ends.
func (s *Server) Background(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.every(ctx, maintainEvery, taskKeys, s.Ring.Maintain) })
	g.Go(func() error { return s.every(ctx, maintainEvery, "clients", s.Clients.Maintain) })
	g.Go(func() error { return s.every(ctx, revokedEvery, "revoked", s.Revoked.Maintain) })
	g.Go(func() error { return s.every(ctx, purgeEvery, "purge", s.purge) })
	g.Go(func() error { return s.every(ctx, lookEvery, "outbox", s.lookAtOutbox) })
	g.Go(func() error { return s.every(ctx, lookEvery, "health", s.lookAtHealth) })
	s.tasks.did(taskJobs)
	g.Go(func() error { return s.Jobs.Run(ctx) })
	g.Go(func() error { return (&audit.Sealer{DB: s.DB, Ring: s.Ring, Now: s.Now, Log: s.Log}).Run(ctx) })
	return g.Wait()
}

// every runs a task again and again; one failure is logged and the next turn
// tries anew, since a database that is away comes back.
func (s *Server) every(ctx context.Context, period time.Duration, task string, run func(context.Context) error) error {
	s.tasks.did(task)
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			err := run(ctx)
			s.ran(task, err)
			if err != nil && !errors.Is(err, context.Canceled) {
				s.Log.LogAttrs(ctx, slog.LevelWarn, "background", slog.String("task", task), slog.String("error", err.Error()))
			}
		}
	}
}

func (s *Server) purge(ctx context.Context) error { return s.DB.Purge(ctx, s.Now()) }
