package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp/metric"
	"vhod/idp/notify"
	"vhod/idp/server"
	"vhod/keys"
	"vhod/store"
)

type sandboxCommand struct {
	Addr    string `default:"127.0.0.1:8080" help:"Address to listen on."`
	Issuer  string `placeholder:"URL" help:"Address as browsers see it; http://localhost and the port when not given."`
	Data    string `default:"./var/sandbox" placeholder:"DIR" help:"Folder for the database and keys; made at the first start."`
	DB      string `name:"db" placeholder:"DSN" help:"A PostgreSQL database (postgres://…) instead of a file in the folder."`
	Relying string `default:"127.0.0.1:8090" placeholder:"ADDR|off" help:"Address of the sample relying services, or off."`
	TLSCert string `name:"tls-cert" placeholder:"FILE" help:"Certificate (PEM) to serve https with."`
	TLSKey  string `name:"tls-key" placeholder:"FILE" help:"Its key (PEM)."`
	Metrics string `placeholder:"ADDR" help:"Address to answer Prometheus on, at /metrics."`
	Log     string `name:"log-level" default:"info" enum:"debug,info,warn,error" help:"What to log on standard error: debug, info, warn or error."`
	Expose  bool   `help:"Listen where others can reach it. Everybody may then sign in as anybody."`
}

// sandbox is a whole provider for trying, with what its API reaches.
type sandbox struct {
	sandboxCommand
	folder   sandboxFolder
	services *sandboxServices
	issuer   string
	clock    *clock
	db       *store.DB
	provider *server.Server
	people   *people
	sms      *notify.Inbox
	mail     *notify.Inbox
	child    *child // nil without relying services
	log      *slog.Logger
}

// Run serves until a signal comes.
func (c sandboxCommand) Run(p *process) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	s := &sandbox{sandboxCommand: c, folder: sandboxFolder(c.Data)}
	if s.log, err = newLog(p.stderr, c.Log); err != nil {
		return err
	}
	var encryption *tls.Config
	if c.TLSCert != "" {
		if encryption, err = loadTLS(c.TLSCert, c.TLSKey, s.log); err != nil {
			return err
		}
	}
	l, err := listen(p.ctx, c.Addr, "--addr")
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // closed by the server already, when it came to serve
	s.issuer = c.address(l)
	if err := checkOrigin(s.issuer, "http", "https"); err != nil {
		return usage("--issuer: %w", err)
	}
	kek, err := s.open()
	if err != nil {
		return err
	}
	settings, err := s.relyingSettings(p.ctx)
	if err != nil {
		return err
	}
	if settings != nil {
		if s.child, err = startChild(p, *settings); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.child.end()) }()
	}
	if err := s.build(p.ctx, kek, settings); err != nil {
		return err
	}
	defer s.db.Close()
	metrics, err := listenMetrics(p.ctx, c.Metrics, "--metrics", s.provider, s.log)
	if err != nil {
		return err
	}
	defer metrics.close()
	return s.serve(p, endpoint{listener: l, handler: s.provider.Handler(), tls: encryption, log: s.log, stopping: s.provider.Stopping}, metrics)
}

// check refuses what can mean nothing, and strangers unless they are wanted.
func (c sandboxCommand) check() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return usage("--tls-cert and --tls-key go together")
	}
	for option, address := range map[string]string{"--addr": c.Addr, "--relying": c.Relying, "--metrics": c.Metrics} {
		if option == "--relying" && address == "off" || option == "--metrics" && address == "" {
			continue
		}
		host, _, err := net.SplitHostPort(address)
		switch {
		case err != nil:
			return usage("%s: %q is no host:port", option, address)
		case !loopback(host) && !c.Expose:
			return fmt.Errorf("%s %s can be reached by others, who could sign in as anybody: if that is meant, say --expose", option, address)
		case option == "--addr" && !loopback(host) && c.Issuer == "":
			return usage("--issuer is needed: the address that browsers see")
		}
	}
	return nil
}

// address is the issuer, from the port that the listener got.
func (c sandboxCommand) address(l net.Listener) string {
	if c.Issuer != "" {
		return c.Issuer
	}
	if c.TLSCert != "" {
		return "https://" + net.JoinHostPort("localhost", port(l))
	}
	return "http://" + net.JoinHostPort("localhost", port(l))
}

// open reads the folder, and makes it at the first start.
func (s *sandbox) open() (keys.KEK, error) {
	kek, err := s.folder.openKEK()
	if err != nil {
		return nil, err
	}
	if s.clock, err = openClock(s.folder.clock()); err != nil {
		return nil, err
	}
	s.services, err = s.folder.openServices()
	return kek, err
}

// build opens the database, brings it to this version and fills it.
func (s *sandbox) build(ctx context.Context, kek keys.KEK, relying *relyingSettings) (err error) {
	if s.db, err = store.Open(ctx, store.Config{DSN: s.folder.database(s.DB), Now: s.clock.Now, KEK: kek}); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.db.Close()
		}
	}()
	if err := s.db.Migrate(ctx); err != nil {
		return err
	}
	s.sms = &notify.Inbox{DB: s.db, Now: s.clock.Now, Name: notify.SMS}
	s.mail = &notify.Inbox{DB: s.db, Now: s.clock.Now, Name: notify.Email}
	s.provider, err = server.New(ctx, server.Config{
		Issuer: s.issuer, DB: s.db, KEK: kek, Now: s.clock.Now, Monotonic: time.Now, Log: s.log,
		MinimumAge: 18, Mail: s.mail, SMS: s.sms, Sandbox: true, Exposed: s.Expose,
		Metrics: metric.New(build()),
		Extra:   func(e *echo.Echo, _ *server.Server) { s.mount(e) },
	})
	if errors.Is(err, keys.ErrSealed) {
		return fmt.Errorf("the database was filled with another key than %s: use the folder that it was made with, or an empty database: %w", s.folder.kek(), err)
	} else if err != nil {
		return err
	}
	relyingPort, relyingOrigin := "8090", ""
	if relying != nil {
		relyingOrigin = relying.BaseURL
		if _, relyingPort, err = net.SplitHostPort(relying.Addr); err != nil {
			return err
		}
	}
	clients, err := s.services.clients(relyingPort, relyingOrigin)
	if err != nil {
		return err
	}
	if err := seedClients(ctx, s.db, s.clock.Now, clients); err != nil {
		return err
	}
	if err := s.provider.Clients.Maintain(ctx); err != nil {
		return err
	}
	s.people, err = openPeople(ctx, s.db, s.provider.Ring, s.provider.Hasher, s.clock.Now, s.folder.people())
	return err
}

// serve answers until a signal comes or the relying services end.
func (s *sandbox) serve(p *process, e endpoint, metrics *metricsEndpoint) error {
	ctx, stop := context.WithCancelCause(p.ctx)
	defer stop(nil)
	address := ""
	if s.child != nil {
		var err error
		if address, err = s.child.ready(ctx); err != nil {
			return err
		}
		go func() { stop(s.child.ended(ctx)) }()
	}
	if err := s.announce(p, address); err != nil {
		return err
	}
	if err := serve(ctx, s.provider, e, metrics); err != nil {
		return err
	}
	if p.ctx.Err() != nil { // a signal of the terminal reaches the relying services too
		return nil
	}
	return context.Cause(ctx)
}
