package main

import (
	"context"
	"os"
	"sync/atomic"

	"vhod/cmd/rig"
)

// stage is a provider with people, ready to be driven.
type stage struct {
	meter
	dsn         string // of the database
	people      *population
	gateway     *rig.Gateway
	bank        rig.Service
	old         rig.Service // one that wants its id tokens signed with RS256
	connections int
	browsers    []map[string]string // cookies of browsers that are signed in
	granted     []rig.Tokens        // of several browsers for each worker
	number      atomic.Int64        // of the next registration
	cheap       bool                // the provider hashes at next to no cost
}

// build makes a database with services, and what the provider needs beside it. The
// provider is not started.
func (s *stage) build(ctx context.Context, o *common, engine, folder string) (err error) {
	s.dsn = sqliteFile(folder, "vhod.db")
	if engine == "postgres" {
		if s.cluster, err = rig.StartCluster(ctx, o.Postgres, folder); err != nil {
			return err
		}
		s.dsn = s.cluster.DSN
	}
	if s.gateway, err = rig.StartGateway(ctx); err != nil {
		return err
	}
	if s.provider, err = rig.Configure(o.Binary, folder, "127.0.0.1:0", s.dsn, s.gateway.URL); err != nil {
		return err
	}
	if _, err := s.provider.Command(ctx, "migrate"); err != nil {
		return err
	}
	secret, err := s.provider.AddClient(ctx, "bank", "ES256")
	if err != nil {
		return err
	}
	s.bank = rig.NewService("bank", secret)
	if secret, err = s.provider.AddClient(ctx, "old", "RS256"); err != nil {
		return err
	}
	s.old = rig.NewService("old", secret)
	s.people, err = openPopulation(ctx, s.dsn, []string{"bank", "old"})
	return err
}

// makeCheap puts the provider with a hash of next to no cost in the other's place.
func (s *stage) makeCheap() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	s.provider, s.cheap = &rig.Provider{Serve: []string{program, "cheap", "--database", s.dsn, "--sms", s.gateway.URL}}, true
	return nil
}

// close ends everything that was started.
func (s *stage) close() {
	if s.provider != nil {
		s.provider.Close()
	}
	if s.people != nil && s.people.db != nil {
		s.people.db.Close()
	}
	if s.gateway != nil {
		s.gateway.Close()
	}
	if s.cluster != nil {
		s.cluster.Close()
	}
}
