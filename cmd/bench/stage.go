package main

import (
	"context"
	"os"
	"sync/atomic"
)

// stage is a provider with people, ready to be driven.
type stage struct {
	meter
	dsn         string // of the database
	people      *population
	gateway     *gateway
	bank        service
	old         service // one that wants its id tokens signed with RS256
	connections int
	browsers    []map[string]string // cookies of browsers that are signed in
	granted     []tokens            // of several browsers for each worker
	number      atomic.Int64        // of the next registration
	cheap       bool                // the provider hashes at next to no cost
}

// build makes a database with services, and what the provider needs beside it. The
// provider is not started.
func (s *stage) build(ctx context.Context, o *common, engine, folder string) (err error) {
	s.dsn = sqliteFile(folder, "vhod.db")
	if engine == "postgres" {
		if s.cluster, err = startCluster(ctx, o.Postgres, folder); err != nil {
			return err
		}
		s.dsn = s.cluster.dsn
	}
	if s.gateway, err = startGateway(ctx); err != nil {
		return err
	}
	if s.provider, err = configure(o.Binary, folder, s.dsn, s.gateway.url); err != nil {
		return err
	}
	if _, err := s.provider.command(ctx, "migrate"); err != nil {
		return err
	}
	secret, err := s.provider.addClient(ctx, "bank", "ES256")
	if err != nil {
		return err
	}
	s.bank = newService("bank", secret)
	if secret, err = s.provider.addClient(ctx, "old", "RS256"); err != nil {
		return err
	}
	s.old = newService("old", secret)
	s.people, err = openPopulation(ctx, s.dsn, []string{"bank", "old"})
	return err
}

// makeCheap puts the provider with a hash of next to no cost in the other's place.
func (s *stage) makeCheap() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	s.provider, s.cheap = &provider{serve: []string{program, "cheap", "--database", s.dsn, "--sms", s.gateway.url}}, true
	return nil
}

// close ends everything that was started.
func (s *stage) close() {
	if s.provider != nil {
		s.provider.close()
	}
	if s.people != nil && s.people.db != nil {
		s.people.db.Close()
	}
	if s.gateway != nil {
		s.gateway.close()
	}
	if s.cluster != nil {
		s.cluster.close()
	}
}
