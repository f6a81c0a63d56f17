package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"vhod/cmd/rig"
)

// row is one line of the table.
type row struct {
	name string
	// prepare makes what the operation needs, uncounted; nil is nothing.
	prepare   func(ctx context.Context, s *stage) error
	operation func(ctx context.Context, s *stage, w *worker) error
	cheap     bool // with a hash of next to no cost
	budget    budget
}

// each is how many browsers and grants a worker takes in turn.
const each = 16

// rows are the table, in order.
func rows() []row {
	return []row{
		{name: "empty answer (/health/live)", operation: plain("/health/live")},
		{name: "discovery", operation: plain("/.well-known/openid-configuration"), budget: budget{CPU: 0.05, Trips: limit(0)}},
		{name: "JWKS", operation: plain("/oauth2/jwks"), budget: budget{CPU: 0.05, Trips: limit(0)}},
		{name: "client_credentials", operation: func(_ context.Context, s *stage, w *worker) error {
			_, err := s.bank.Credentials(w.Client)
			return err
		}, budget: budget{CPU: 0.2, Trips: limit(0), Signatures: 5}},
		{name: "introspection, service's token", prepare: func(_ context.Context, s *stage) error {
			c := s.provider.Dial()
			defer c.Close()
			t, err := s.bank.Credentials(c)
			s.granted = []rig.Tokens{t}
			return err
		}, operation: introspection, budget: budget{CPU: 0.2, Trips: limit(0)}},
		{name: "introspection, person's token", prepare: grants, operation: introspection, budget: budget{CPU: 0.2, Trips: limit(0)}},
		{name: "userinfo", prepare: grants, operation: func(_ context.Context, s *stage, w *worker) error {
			return rig.Userinfo(w.Client, s.granted[s.mine(w, len(s.granted))].Access)
		}, budget: budget{Trips: limit(1)}},
		{name: "refresh", prepare: grants, operation: func(_ context.Context, s *stage, w *worker) error {
			at := &s.granted[s.mine(w, len(s.granted))]
			next, err := s.bank.Refresh(w.Client, at.Refresh)
			if err == nil {
				*at = next
			}
			return err
		}, budget: budget{Trips: limit(1), Commits: limit(1)}},
		{name: "single sign-on, code, token, userinfo", operation: signedOn(func(s *stage) rig.Service { return s.bank }),
			budget: budget{CPU: 1.2, Trips: limit(3), Commits: limit(1), WAL: limit(1536)}},
		{name: "the same, id token RS256", operation: signedOn(func(s *stage) rig.Service { return s.old })},
		{name: "password login, code, token, userinfo", operation: passwordLogin,
			budget: budget{Trips: limit(5), Commits: limit(3), Peak: 60<<20 + hashMemory()}},
		{name: "registration by phone", operation: registration},
		{name: "password login, hash of no cost", cheap: true, operation: passwordLogin, budget: budget{CPU: 2, Trips: limit(5), Commits: limit(3)}},
		{name: "registration, hash of no cost", cheap: true, operation: registration},
	}
}

func passwordLogin(_ context.Context, s *stage, w *worker) error {
	n := 2 * rand.IntN(s.people.size/2) //nolint:gosec // anybody will do
	if s.cheap {
		n++
	}
	return s.bank.SignIn(w.Browser(n), login(n))
}

func registration(ctx context.Context, s *stage, w *worker) error {
	n := s.number.Add(1)
	// Messages to neighbours and from one network are bounded: each is another's.
	return rig.Register(ctx, w.Browser(int(n)*256), s.gateway, fmt.Sprintf("+7999%03d%04d", n%1000, n/1000))
}

func plain(path string) func(context.Context, *stage, *worker) error {
	return func(_ context.Context, _ *stage, w *worker) error {
		a, err := w.Get(path)
		if err == nil && a.Status != http.StatusOK {
			err = rig.Unexpected(path, a)
		}
		return err
	}
}

func signedOn(who func(*stage) rig.Service) func(context.Context, *stage, *worker) error {
	return func(_ context.Context, s *stage, w *worker) error {
		b := w.Browser(w.number)
		b.Cookies = s.browsers[s.mine(w, len(s.browsers))]
		_, err := who(s).SingleSignOn(b)
		return err
	}
}

// mine is the next of a worker's own of n things that the workers share out.
func (s *stage) mine(w *worker, n int) int {
	own := n / s.connections
	if own == 0 {
		return w.number % n
	}
	return w.number*own + w.turn%own
}

func introspection(_ context.Context, s *stage, w *worker) error {
	return s.bank.Introspect(w.Client, s.granted[s.mine(w, len(s.granted))].Access)
}

// grants gets tokens for the browsers that are signed in: access tokens live for
// five minutes, so each row has its own.
func grants(ctx context.Context, s *stage) error {
	s.granted = make([]rig.Tokens, len(s.browsers))
	var next atomic.Int64
	g, _ := errgroup.WithContext(ctx)
	for range 4 {
		g.Go(func() error {
			c := s.provider.Dial()
			defer c.Close()
			for {
				n := int(next.Add(1)) - 1
				if n >= len(s.browsers) {
					return nil
				}
				b := c.Browser(n)
				b.Cookies = s.browsers[n]
				var err error
				if s.granted[n], err = s.bank.SingleSignOn(b); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

// measured is a row with its figures.
type measured struct {
	Name string
	timing
	cost
	Verdict string // on each budget of the row
	budget  budget
}

// play warms up and measures one row.
func (s *stage) play(ctx context.Context, r row, o *runCommand) (measured, error) {
	m := measured{Name: r.name, budget: r.budget}
	if r.prepare != nil {
		if err := r.prepare(ctx, s); err != nil {
			return m, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	operation := func(ctx context.Context, w *worker) error { return r.operation(ctx, s, w) }
	warm := drive(ctx, s.provider.Dial, o.Connections, o.Time/5, operation)
	if warm.Operations == 0 && warm.Errors > 0 {
		return m, fmt.Errorf("%s: %s", r.name, warm.FirstError)
	}
	var err error
	m.cost, err = s.measure(ctx, func() { m.timing = drive(ctx, s.provider.Dial, o.Connections, o.Time, operation) })
	if err == nil && ctx.Err() != nil {
		err = errors.Join(errors.New("asked to stop"), ctx.Err())
	}
	return m, err
}
