package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"vhod/idp"
	"vhod/idp/metric"
	"vhod/idp/notify"
	"vhod/idp/register"
	"vhod/idp/server"
	"vhod/idp/trace"
	"vhod/keys"
	"vhod/store"
)

// stopNotice is how long a stopping server goes on answering, not ready any more.
const stopNotice = 3 * time.Second

type serveCommand struct {
	Config string `required:"" placeholder:"FILE" help:"Configuration file (YAML)."`
}

// Run serves until a signal comes. Nothing of the sandbox is reachable from here.
func (s serveCommand) Run(p *process) error {
	c, err := readConfig(s.Config, p.environ)
	if err != nil {
		return err
	}
	if err := c.refused(); err != nil {
		return err
	}
	kek, err := c.kek()
	if err != nil {
		return fmt.Errorf("kek_file: %w", err)
	}
	log, err := newLog(p.stderr, c.LogLevel)
	if err != nil {
		return err
	}
	var encryption *tls.Config
	if c.TLS.Certificate != "" {
		if encryption, err = loadTLS(c.TLS.Certificate, c.TLS.Key, log); err != nil {
			return err
		}
	}
	db, err := c.open(p.ctx, kek)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := current(p.ctx, db); err != nil {
		return err
	}
	tracer, err := c.tracer(p.ctx, log)
	if err != nil {
		return err
	}
	defer flush(tracer, log)
	provider, err := c.provider(p.ctx, db, kek, tracer, log)
	if err != nil {
		return err
	}
	if encryption != nil {
		provider.Metrics.Certificate(expiry(encryption))
	}
	metrics, err := listenMetrics(p.ctx, c.Metrics.Listen, "metrics.listen", provider, log)
	if err != nil {
		return err
	}
	defer metrics.close()
	l, err := activated()
	if l == nil && err == nil {
		l, err = listen(p.ctx, c.Listen, "listen")
	}
	if err != nil {
		return err
	}
	l = netutil.LimitListener(l, c.Limits.Connections)
	log.Info("ready", slog.String("issuer", c.Issuer), slog.String("listen", l.Addr().String()), slog.Bool("tls", encryption != nil), slog.String("engine", db.Engine()))
	if err := notifySystemd(daemon.SdNotifyReady); err != nil {
		return err
	}
	err = serve(p.ctx, provider, endpoint{listener: l, handler: provider.Handler(), tls: encryption, log: log, stopping: func() {
		log.Info("stopping")
		provider.Stopping()
		if err := notifySystemd(daemon.SdNotifyStopping); err != nil {
			log.Warn("stopping", slog.String("error", err.Error()))
		}
	}, notice: stopNotice}, metrics)
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// open connects to the database.
func (c *config) open(ctx context.Context, kek keys.KEK) (*store.DB, error) {
	if path, ok := strings.CutPrefix(c.Database, "sqlite:"); ok && path != "" && path != ":memory:" {
		if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("database: there is no folder %s: make it, for the user that vhod runs as", filepath.Dir(path))
		}
	}
	return store.Open(ctx, store.Config{DSN: c.Database, Now: idp.SystemClock, KEK: kek, MaxConns: c.DatabaseConnections})
}

// provider builds the provider as configured.
func (c *config) provider(ctx context.Context, db *store.DB, kek keys.KEK, tracer *trace.Tracer, log *slog.Logger) (*server.Server, error) {
	mail, err := notify.NewSMTP(notify.SMTPConfig{
		Host: c.SMTP.Host, Port: c.SMTP.Port, User: c.SMTP.User, Password: c.SMTP.Password, From: c.SMTP.From, TLS: c.SMTP.TLS,
	}, idp.SystemClock)
	if err != nil {
		return nil, err
	}
	return server.New(ctx, server.Config{
		Issuer: c.Issuer, DB: db, KEK: kek, Now: idp.SystemClock, Monotonic: time.Now, Log: log,
		Password: c.Password.cost(), KeyPeriod: time.Duration(c.Keys.Period), MinimumAge: c.MinimumAge, MX: register.LookupMX(net.DefaultResolver),
		TrustedProxies: c.proxies(), Limits: c.Limits.limits(),
		Metrics: metric.New(build()), Trace: tracer,
		Mail: mail, SMS: notify.NewGateway(c.SMS.URL, c.SMS.Method, c.SMS.Body, c.SMS.ContentType, c.SMS.Authorization),
	})
}

// serve runs a provider until ctx ends: requests first come to their end, then
// what runs beside them, of which the metrics are told to the last.
func serve(ctx context.Context, provider *server.Server, e endpoint, metrics *metricsEndpoint) error {
	debug.FreeOSMemory() // of the hash that the hasher timed
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return provider.Background(beside) })
	g.Go(func() error {
		metrics.serve(beside)
		return nil
	})
	g.Go(func() error {
		defer stop()
		return e.serve(ctx)
	})
	err := g.Wait()
	stop()
	return err
}

// newLog writes JSON, one line an event.
func newLog(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log_level: %w", err)
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})), nil
}

// port is the port that a listener got.
func port(l net.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return ""
	}
	return port
}
