package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"vhod/cmd/rig"
)

// ground is what scenarios of one engine share: a PostgreSQL server, of which each
// has a database of its own.
type ground struct {
	options *options
	engine  string
	folder  string
	cluster *rig.Cluster // nil on SQLite
	gateway *rig.Gateway
	played  int // scenarios
}

// stage is one scenario's provider with its traffic.
type stage struct {
	*ground
	*traffic
	cluster   *rig.Cluster // the ground's, or one of its own
	folder    string
	dsn       string // of the database itself
	providers []*rig.Provider
	stopped   []*rig.Provider // whose place others took
	proxy     *proxy          // between provider and database, where the scenario has one
	disk      *disk           // where the database is, where the scenario fills it
	control   *control        // of a provider whose clock and disk obey, where the scenario has one
	closing   []func()
}

// build makes a database and starts the providers.
func (s *stage) build(ctx context.Context, sc *scenario) error {
	s.played++
	s.folder = filepath.Join(s.ground.folder, fmt.Sprint(s.played))
	if err := os.Mkdir(s.folder, 0o711); err != nil { //nolint:gosec // the database's user passes through
		return err
	}
	if err := s.database(ctx, sc); err != nil {
		return err
	}
	ledger, err := openLedger(filepath.Join(s.folder, "ledger.jsonl"))
	if err != nil {
		return err
	}
	s.closing = append(s.closing, func() { _ = ledger.file.Close() }) // each line was written at once
	s.traffic = &traffic{ledger: ledger, gateway: s.ground.gateway, once: sc.once, clockMoves: sc.clock}
	for n := range max(1, sc.servers) {
		if err := s.addProvider(ctx, sc, n); err != nil {
			return err
		}
	}
	return nil
}

// database makes an empty database, and what stands before it.
func (s *stage) database(ctx context.Context, sc *scenario) (err error) {
	where := s.folder
	if sc.disk {
		if s.disk, err = newDisk(s.folder, s.options.Mount); err != nil {
			return err
		}
		s.closing = append(s.closing, s.disk.close)
		where = s.disk.folder
	}
	if s.engine == sqlite {
		s.dsn = "sqlite:" + filepath.Join(where, "vhod.db")
		return nil
	}
	s.cluster = s.ground.cluster
	if s.disk != nil {
		if !s.disk.mounted {
			return errSkipped
		}
		// Small files of the log, so that a small disk is enough.
		if s.cluster, err = rig.StartCluster(ctx, s.options.Postgres, where, "max_wal_size=48MB", "min_wal_size=32MB"); err != nil {
			return err
		}
		s.closing = append(s.closing, s.cluster.Close)
		s.dsn = s.cluster.DSN
	} else if s.dsn, err = s.cluster.AddDatabase(ctx, fmt.Sprintf("fault%d", s.played)); err != nil {
		return err
	}
	if sc.proxied {
		if s.proxy, err = newProxy(ctx, s.cluster.Address()); err != nil {
			return err
		}
		s.closing = append(s.closing, s.proxy.close)
	}
	return nil
}

// addProvider configures and starts a server; the first also makes the schema and
// registers the services.
func (s *stage) addProvider(ctx context.Context, sc *scenario, n int) error {
	folder := filepath.Join(s.folder, fmt.Sprintf("server%d", n))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	port, err := rig.FreePort(ctx)
	if err != nil {
		return err
	}
	listen, dsn := net.JoinHostPort("127.0.0.1", port), s.dsn
	if s.proxy != nil {
		dsn = s.proxy.through(dsn)
	}
	p, err := rig.Configure(s.options.Binary, folder, listen, dsn, s.ground.gateway.URL)
	if err != nil {
		return err
	}
	if n == 0 {
		if err := s.prepare(ctx, p); err != nil {
			return err
		}
	}
	if sc.clock || s.disk != nil && !s.disk.mounted {
		if s.control, err = newControl(p, listen, dsn, s.ground.gateway.URL); err != nil {
			return err
		}
	}
	if sc.socket {
		if p.Socket, err = listener(ctx, listen); err != nil {
			return err
		}
		s.closing = append(s.closing, func() { _ = p.Socket.Close() })
	}
	s.providers = append(s.providers, p)
	s.addresses = append(s.addresses, listen)
	s.balance(s.addresses...)
	_, err = p.Start(ctx)
	return err
}

// prepare makes the schema and registers the services.
func (s *stage) prepare(ctx context.Context, p *rig.Provider) error {
	if _, err := p.Command(ctx, "migrate"); err != nil {
		return err
	}
	for id, to := range map[string]*rig.Service{"bank": &s.bank, "shop": &s.shop} {
		secret, err := p.AddClient(ctx, id, "ES256")
		if err != nil {
			return err
		}
		*to = rig.NewService(id, secret)
	}
	return nil
}

// listener is a socket that takes connections whoever serves them.
func listener(ctx context.Context, address string) (*os.File, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer l.Close() // the file is another handle
	return l.(*net.TCPListener).File()
}

// errSkipped: the scenario cannot be played here.
var errSkipped = errors.New("cannot be played here")

// close ends what the scenario started.
func (s *stage) close() {
	for _, p := range s.providers {
		if p.Process != nil {
			p.Kill() // nothing in it is wanted any more
		}
	}
	for i := len(s.closing) - 1; i >= 0; i-- {
		s.closing[i]()
	}
}
