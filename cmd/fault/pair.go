package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"vhod/cmd/rig"
)

// seenWithin is how soon each server sees what was done elsewhere.
const seenWithin = time.Second

// until tells how long it takes until something holds, at a server.
func (s *stage) until(ctx context.Context, what string, holds func() (bool, error)) (time.Duration, error) {
	begun := time.Now()
	for {
		ok, err := holds()
		took := time.Since(begun)
		switch {
		case ok:
			if took > seenWithin {
				s.violate(late, "%s was seen after %s", what, took.Round(time.Millisecond))
			}
			return took, nil
		case took > 10*time.Second, ctx.Err() != nil:
			s.violate(late, "%s was not seen within %s (%v)", what, took.Round(time.Second), err)
			return took, ctx.Err()
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// changes rotates keys, changes a service and revokes a session, and looks when the
// servers see it.
func changes(ctx context.Context, s *stage) (time.Time, string, error) {
	var slowest time.Duration
	for _, one := range []func(context.Context) (time.Duration, error){s.rotateKey, s.changeService, s.revokeSession} {
		for range 3 {
			took, err := one(ctx)
			if err != nil {
				return time.Time{}, "", err
			}
			slowest = max(slowest, took)
		}
	}
	return time.Now(), fmt.Sprintf("seen after %s at most", slowest.Round(time.Millisecond)), nil
}

// each is a client at each server.
func (s *stage) each(do func(name string, c *rig.Client) error) error {
	for n := range s.addresses {
		w := s.worker(n)
		err := do(fmt.Sprintf("server %d", n+1), w.Client)
		w.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// rotateKey gives the signing algorithm a new key, at once.
func (s *stage) rotateKey(ctx context.Context) (slowest time.Duration, err error) {
	before := map[string]string{}
	read := func(c *rig.Client) (string, error) {
		a, err := c.Get("/oauth2/jwks")
		if err == nil && a.Status != http.StatusOK {
			err = rig.Unexpected("JWKS", a)
		}
		return string(a.Body), err
	}
	if err := s.each(func(name string, c *rig.Client) (err error) {
		before[name], err = read(c)
		return err
	}); err != nil {
		return 0, err
	}
	if _, err := s.providers[0].Command(ctx, "key", "rotate", "--emergency"); err != nil {
		return 0, err
	}
	err = s.each(func(name string, c *rig.Client) error {
		took, err := s.until(ctx, "a new key, by "+name+",", func() (bool, error) {
			now, err := read(c)
			return err == nil && now != before[name], err
		})
		slowest = max(slowest, took)
		return err
	})
	return slowest, err
}

// changeService switches a service off and on.
func (s *stage) changeService(ctx context.Context) (slowest time.Duration, err error) {
	id := fmt.Sprintf("probe%d", s.traffic.number.Add(1))
	secret, err := s.providers[0].AddClient(ctx, id, "ES256")
	if err != nil {
		return 0, err
	}
	service := rig.NewService(id, secret)
	works := func(c *rig.Client, want bool) func() (bool, error) {
		return func() (bool, error) {
			_, err := service.Credentials(c)
			return want == (err == nil), err
		}
	}
	for _, step := range []struct {
		command, what string
		want          bool
	}{{"", "a new service", true}, {"disable", "that a service is off", false}, {"enable", "that a service is on", true}} {
		if step.command != "" {
			if _, err := s.providers[0].Command(ctx, "client", step.command, id); err != nil {
				return 0, err
			}
		}
		if err := s.each(func(name string, c *rig.Client) error {
			took, err := s.until(ctx, step.what+", by "+name+",", works(c, step.want))
			slowest = max(slowest, took)
			return err
		}); err != nil {
			return 0, err
		}
	}
	return slowest, nil
}

// revokeSession signs a person out at one server and asks the other.
func (s *stage) revokeSession(ctx context.Context) (time.Duration, error) {
	first, second := s.worker(0), s.worker(1)
	defer first.Close()
	defer second.Close()
	c := first.register(ctx)
	if c == nil {
		return 0, errors.New("no account could be made")
	}
	if state := first.singleSignOn(c); state == acknowledged {
		state = first.consent(c) // for what registration left out
		if state != acknowledged {
			return 0, errors.New("no consent was given")
		}
	}
	if len(c.families) == 0 {
		return 0, errors.New("no tokens were given")
	}
	f, own := c.families[0], c.devices[0]
	b := first.browser(own)
	b.Cookies = maps.Clone(own.cookies)
	if state, err := first.do(c.phone, "signed out", func() error { return first.settle(b, "/account/sign-out", "", "/?done=signed-out") }); state != acknowledged {
		return 0, err
	}
	c.leave(own, acknowledged)
	if _, _, err := second.enter(second.browser(&device{cookies: maps.Clone(own.cookies)}), s.bank, "", ""); outcome(err) != refused {
		s.violate(lost, "%s: signed out at one server, and signed in at the other (%v)", c.phone, err)
	}
	return s.until(ctx, "that a session was revoked, by the other server,", func() (bool, error) {
		active, err := second.active(f.service, f.tokens.Access)
		return err == nil && !active, err
	})
}
