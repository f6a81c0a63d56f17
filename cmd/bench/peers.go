package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"vhod/cmd/rig"
)

// peersCommand measures other providers beside ours in one run.
type peersCommand struct {
	common
	Node     string `default:"cmd/bench/peers" type:"existingdir" help:"Folder with node-oidc-provider and what starts it."`
	Glewlwyd string `placeholder:"DIR" help:"Folder where the Debian package glewlwyd was unpacked."`
}

// Validate implements kong's check of a command.
func (o *peersCommand) Validate() error { return o.check() }

// peer is a provider that can do what all of them can.
type peer struct {
	name string
	note string
	pids []int // of the server and, when it has one, the database
	jwks string
	dial func() *rig.Client
	// signIn goes from the login to userinfo, as a person of some number.
	signIn      func(w *worker, number int) error
	credentials func(*rig.Client) error
	close       func()
}

// peerFigures are what one of them needs.
type peerFigures struct {
	Name, Note string
	Rows       []peerRow
}

type peerRow struct {
	Name string
	timing
	CPU float64 // ms an operation, server and database
}

// peerPeople is how many people sign in to each.
const peerPeople = 100

// Run measures each in turn; of others, what cannot be started is named and left out.
func (o *peersCommand) Run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "vhod-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // nothing in it can be listed
		return err
	}
	out := os.Stdout
	_, _ = fmt.Fprintf(out, "%s; load average before: %s; %d connections, %s a row\n", time.Now().Format(time.RFC3339), loadAverage(), o.Connections, o.Time)
	var all []peerFigures
	for _, one := range []struct {
		name  string
		start func(context.Context, string) (*peer, error)
	}{
		{"vhod-sqlite", o.ours("sqlite", false)},
		{"vhod-postgres", o.ours("postgres", false)},
		{"vhod-sqlite-argon2id", o.ours("sqlite", true)},
		{"node-oidc-provider", o.nodeProvider},
		{"glewlwyd", o.glewlwyd},
	} {
		own := filepath.Join(folder, one.name)
		if err := os.Mkdir(own, 0o711); err != nil { //nolint:gosec // as its parent
			return err
		}
		p, err := one.start(ctx, own)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && len(all) == 0 { // ours, to which the others are compared
			return err
		}
		if err != nil {
			_, _ = fmt.Fprintf(out, "%s is left out: %v\n", one.name, err)
			continue
		}
		figures, err := o.measure(ctx, p)
		p.close()
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		all = append(all, figures)
	}
	printPeers(out, all)
	return keep(o.JSON, all)
}

// measure drives one of them.
func (o *peersCommand) measure(ctx context.Context, p *peer) (peerFigures, error) {
	f := peerFigures{Name: p.name, Note: p.note}
	for _, row := range []struct {
		name      string
		operation func(context.Context, *worker) error
	}{
		{"JWKS", func(_ context.Context, w *worker) error {
			a, err := w.Get(p.jwks)
			if err == nil && a.Status != 200 {
				err = rig.Unexpected("JWKS", a)
			}
			return err
		}},
		{"client_credentials", func(_ context.Context, w *worker) error { return p.credentials(w.Client) }},
		{"login, code, token, userinfo", func(_ context.Context, w *worker) error {
			return p.signIn(w, (w.number+w.turn*o.Connections)%peerPeople)
		}},
	} {
		warm := drive(ctx, p.dial, o.Connections, o.Time/5, row.operation)
		if warm.Operations == 0 && warm.Errors > 0 {
			return f, errors.New(warm.FirstError)
		}
		before, err := sumCPU(p.pids)
		if err != nil {
			return f, err
		}
		r := peerRow{Name: row.name, timing: drive(ctx, p.dial, o.Connections, o.Time, row.operation)}
		after, err := sumCPU(p.pids)
		if err != nil {
			return f, err
		}
		if ctx.Err() != nil {
			return f, ctx.Err()
		}
		if r.Operations > 0 {
			r.CPU = milliseconds(after-before) / float64(r.Operations)
		}
		f.Rows = append(f.Rows, r)
	}
	return f, nil
}

func sumCPU(pids []int) (sum time.Duration, err error) {
	for _, pid := range pids {
		one, err := treeCPU(pid)
		if err != nil {
			return 0, err
		}
		sum += one
	}
	return sum, nil
}

// ours is the provider itself on an engine, with its hash or one of no cost.
func (o *peersCommand) ours(engine string, hashing bool) func(context.Context, string) (*peer, error) {
	return func(ctx context.Context, folder string) (p *peer, err error) {
		s := &stage{connections: o.Connections, cheap: !hashing}
		closing := func() { s.close() }
		defer func() {
			if err != nil {
				closing()
			}
		}()
		if err := s.build(ctx, &o.common, engine, folder); err != nil {
			return nil, err
		}
		if err := s.people.grow(ctx, 2*peerPeople); err != nil {
			return nil, err
		}
		p = &peer{name: "vhod, " + engine, note: "hash of no cost", jwks: "/oauth2/jwks", close: closing}
		if hashing {
			p.note = "Argon2id"
		} else if err := s.makeCheap(); err != nil {
			return nil, err
		}
		if _, err := s.provider.Start(ctx); err != nil {
			return nil, err
		}
		p.pids = []int{s.provider.PID()}
		if s.cluster != nil {
			p.pids = append(p.pids, s.cluster.PID())
		}
		p.dial = s.provider.Dial
		p.credentials = func(c *rig.Client) error {
			_, err := s.bank.Credentials(c)
			return err
		}
		p.signIn = func(w *worker, number int) error {
			n := 2 * number
			if !hashing {
				n++
			}
			return s.bank.SignIn(w.Browser(number), login(n))
		}
		return p, nil
	}
}

// printPeers shows the CPU of each, and as a multiple of ours.
func printPeers(out io.Writer, all []peerFigures) {
	_, _ = fmt.Fprint(out, "\nCPU in ms an operation, server and database, of the operating system's accounting; × ours (the first line)\n\n")
	table(out, func(line func(...string)) {
		head := []string{"", ""}
		for _, r := range all[0].Rows {
			head = append(head, r.Name, "×", "op/s", "errors")
		}
		line(head...)
		for _, p := range all {
			cells := []string{p.Name, p.Note}
			for i, r := range p.Rows {
				ratio := "-"
				if ours := all[0].Rows[i].CPU; ours > 0 {
					ratio = fmt.Sprintf("%.1f", r.CPU/ours)
				}
				cells = append(cells, number(r.CPU), ratio, fmt.Sprintf("%.0f", r.perSecond()), fmt.Sprint(r.Errors))
			}
			line(cells...)
		}
	})
	for _, p := range all {
		for _, r := range p.Rows {
			if r.FirstError != "" {
				_, _ = fmt.Fprintf(out, "%s, %s: the first of %d errors: %s\n", p.Name, r.Name, r.Errors, r.FirstError)
			}
		}
	}
}
