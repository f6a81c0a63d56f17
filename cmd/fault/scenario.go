package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vhod/cmd/rig"
	"vhod/store"
)

const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

// backWithin is how soon answers are as usual after what was broken is whole again.
const backWithin = 5 * time.Second

// scenario is one thing that breaks.
type scenario struct {
	name    string
	engines []string
	fault   func(context.Context, *stage) (ended time.Time, note string, err error)
	servers int  // 0 is one
	proxied bool // between server and database
	disk    bool // the database is on a small one
	clock   bool // the server's is moved
	socket  bool // the server's is kept by the parent
	once    bool // a connection for each request
	smooth  bool // no request may fail
}

var both, onPostgres = []string{sqlite, postgres}, []string{postgres}

// scenarios are all of them, in order.
func scenarios() []scenario {
	return []scenario{
		{name: "server kill -9", engines: both, fault: killServer},
		{name: "postmaster kill -9", engines: onPostgres, fault: killPostmaster},
		{name: "backend kill -9", engines: onPostgres, fault: killBackend},
		{name: "disk full", engines: both, disk: true, fault: diskFull},
		{name: "connections cut", engines: onPostgres, proxied: true, fault: cut},
		{name: "connections delayed", engines: onPostgres, proxied: true, fault: delay},
		{name: "connections black-holed", engines: onPostgres, proxied: true, fault: blackHole},
		{name: "clock steps", engines: both, clock: true, fault: stepClock},
		{name: "one of two servers kill -9", engines: onPostgres, servers: 2, fault: killOne},
		{name: "keys, services, sessions change, two servers", engines: onPostgres, servers: 2, smooth: true, fault: changes},
		{name: "rolling restart", engines: both, socket: true, once: true, smooth: true, fault: roll},
		{name: "rolling restart, connections kept", engines: onPostgres, socket: true, smooth: true, fault: roll},
	}
}

// result is what came of a scenario.
type result struct {
	Scenario, Engine string
	Skipped          string `json:",omitempty"`
	Operations       int
	Unknown          int
	Lost             int
	Double           int
	Forked           int
	Orphaned         int
	Defects          int // answers 500, or 5xx without Retry-After
	Back             time.Duration
	Took             time.Duration
	Note             string   `json:",omitempty"`
	Violations       []string `json:",omitempty"`
}

// The times of a scenario's traffic: before the fault, after it at least and at most,
// and how long all must have been well to count as back.
const (
	before = 1500 * time.Millisecond
	after  = 3 * time.Second
	atMost = 15 * time.Second
	well   = 2 * time.Second
)

// play plays a scenario on an engine.
func (g *ground) play(ctx context.Context, sc *scenario) (*result, error) {
	r := &result{Scenario: sc.name, Engine: g.engine}
	begun := time.Now()
	s := &stage{ground: g}
	defer s.close()
	if err := s.build(ctx, sc); errors.Is(err, errSkipped) {
		r.Skipped = "no tmpfs could be mounted"
		return r, nil
	} else if err != nil {
		return nil, err
	}
	s.begin(ctx)
	defer s.end()
	pause(ctx, before)
	ended, note, err := sc.fault(ctx, s)
	if err != nil {
		return nil, err
	}
	r.Note = note
	r.Back = s.recover(ctx, ended)
	s.end()
	if r.Back > backWithin {
		_, what := s.lastUnwell()
		s.violate(late, "answers were not as usual until %s after the fault: %s", r.Back.Round(time.Millisecond), what)
	}
	if n, what := s.unwells, s.failing; sc.smooth && n > 0 {
		s.violate(failed, "%d requests failed, the last: %s", n, what)
	}
	s.verify(ctx)
	if err := s.look(ctx); err != nil {
		return nil, err
	}
	if _, err := s.providers[0].Command(ctx, "audit", "verify"); err != nil {
		s.violate(journal, "%v", err)
	}
	s.sum(r)
	r.Took = time.Since(begun)
	return r, ctx.Err()
}

// recover goes on with traffic until all is well, and tells when it was.
func (s *stage) recover(ctx context.Context, ended time.Time) time.Duration {
	for {
		pause(ctx, 50*time.Millisecond)
		last, _ := s.lastUnwell()
		since := time.Since(ended)
		if ctx.Err() != nil || since > atMost || since > after && time.Since(last) > well {
			return max(0, last.Sub(ended))
		}
	}
}

// look looks into the database itself.
func (s *stage) look(ctx context.Context) error {
	db, err := store.Open(ctx, store.Config{DSN: s.dsn, Now: time.Now, MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	return s.rows(ctx, db)
}

// sum counts what was found.
func (s *stage) sum(r *result) {
	for what, n := range s.defects {
		s.violate(defect, "%s (%d)", what, n)
		r.Defects += n
	}
	for _, p := range append(s.stopped, s.providers...) {
		for i, line := range p.Lines.Defects() {
			if i < 3 {
				r.Violations = append(r.Violations, "log: "+line)
			}
		}
	}
	r.Operations, r.Unknown = s.operations, s.unknown
	r.Lost, r.Double, r.Forked, r.Orphaned = s.count(lost), s.count(double), s.count(forked), s.count(orphaned)
	for _, v := range s.violations {
		r.Violations = append(r.Violations, v.Kind+": "+v.Text)
	}
}

// again is the first server once more, to follow it.
func (s *stage) again() (*rig.Provider, error) {
	old := s.providers[0]
	if old.Socket == nil {
		return nil, fmt.Errorf("the server has no socket to hand over")
	}
	return old.Again(), nil
}
