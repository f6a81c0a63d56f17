package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vhod/cmd/rig"
)

const (
	workers = 6
	// pace is what a worker rests between operations: the machine is shared with the
	// database and the provider. restless is after one that failed.
	pace     = 15 * time.Millisecond
	restless = 100 * time.Millisecond
	// wait bounds a request: a provider that stays silent for longer is not back.
	wait = 15 * time.Second
	// lifetime is after how many operations a worker turns to a new citizen.
	lifetime = 40
)

// traffic is the people and services that use the provider.
type traffic struct {
	*ledger
	gateway    *rig.Gateway
	bank, shop rig.Service
	// addresses are those of the servers; balanced are those to which a balancer sends
	// requests. A worker whose server fails turns to another.
	addresses []string
	balanced  []string
	once      bool // a connection for each request
	// clockMoves: what expires within seconds may do so at any moment.
	clockMoves bool

	number   atomic.Int64
	stop     atomic.Bool
	mu       sync.Mutex
	citizens []*citizen
	tried    int // registrations that were begun with their last step
	wg       sync.WaitGroup
}

// balance lets requests go to some servers alone.
func (t *traffic) balance(addresses ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.balanced = addresses
}

// server is the nth of those to which requests go.
func (t *traffic) server(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.balanced[n%len(t.balanced)]
}

// worker makes one operation after another.
type worker struct {
	*traffic
	*rig.Client
	turn  int
	begun int // address
	mine  *citizen
}

// begin sets the workers to work; until ctx ends or end is called.
func (t *traffic) begin(ctx context.Context) {
	for n := range workers {
		w := t.worker(n)
		t.wg.Go(func() {
			defer w.Close()
			for ; !t.stop.Load() && ctx.Err() == nil; w.turn++ {
				w.step(ctx)
			}
		})
	}
}

func (t *traffic) worker(n int) *worker {
	w := &worker{traffic: t, begun: n}
	w.Client = &rig.Client{Address: t.addresses[n%len(t.addresses)], Host: rig.IssuerHost, Wait: wait, Once: t.once, Seen: t.seen}
	return w
}

// end lets the workers finish what they are at.
func (t *traffic) end() {
	t.stop.Store(true)
	t.wg.Wait()
}

// step is one operation of a worker, and the rest after it.
func (w *worker) step(ctx context.Context) {
	if w.mine == nil || w.turn%lifetime == 0 {
		w.mine = w.register(ctx)
	}
	state := unknown
	if w.mine != nil {
		state = w.operate(w.mine)
	}
	rest := pace
	if state == unknown {
		w.begun++
		w.Close()
		w.Address = w.server(w.begun)
		rest = restless
	}
	time.Sleep(rest)
}

// operate does one of the things that people and services do.
func (w *worker) operate(c *citizen) string {
	devices, families := c.others(), c.going()
	switch draw := rand.IntN(100); { //nolint:gosec // which one is no secret
	case draw < 25 && len(families) > 0:
		return w.refresh(c, pick(families))
	case draw < 30 && len(families) > 0:
		return w.refreshTwice(c, pick(families))
	case draw < 35 && len(families) > 1:
		return w.revoke(c, pick(families))
	case draw < 38 && len(families) > 0:
		return w.revokeAccess(c, pick(families))
	case draw < 43:
		return w.changePassword(c)
	case draw < 53:
		return w.consent(c)
	case draw < 57 && c.consentGiven():
		return w.withdraw(c)
	case draw < 62 && len(devices) > 0:
		return w.signOut(c, pick(devices))
	case draw < 66 && len(devices) > 0:
		return w.endSessions(c)
	case draw < 69:
		return w.redeemTwice(c)
	case draw < 79:
		return w.signIn(c)
	default:
		return w.singleSignOn(c)
	}
}

func pick[T any](all []T) T { return all[rand.IntN(len(all))] } //nolint:gosec // anyone will do

func (c *citizen) consentGiven() bool { return c.consent == allowed }

// browser is a device's, on the worker's connection.
func (w *worker) browser(d *device) *rig.Browser {
	b := w.Browser(int(w.number.Add(1)) * 256)
	if d != nil {
		b.Cookies = d.cookies
	}
	return b
}

// register makes an account, without a second factor so that later sign-ins need no
// message. nil is one that nobody knows the end of.
func (w *worker) register(ctx context.Context) *citizen {
	n := w.number.Add(1)
	c := &citizen{phone: fmt.Sprintf("+7999%03d%04d", n%1000, n/1000), password: rig.PersonPassword}
	b := w.browser(nil)
	if state, _ := w.do(c.phone, "registration begun", func() error { return rig.BeginRegistration(ctx, b, w.gateway, c.phone) }); state != acknowledged {
		return nil
	}
	w.mu.Lock()
	w.tried++
	w.mu.Unlock()
	state, err := w.do(c.phone, "registration finished", func() error {
		if n%3 != 0 {
			return rig.EndRegistration(b)
		}
		return w.pressTwice(b)
	})
	if state == refused {
		w.violate(failed, "%s: a registration was refused: %v", c.phone, err)
	}
	if state != acknowledged {
		return nil
	}
	c.devices = []*device{{cookies: b.Cookies}}
	w.mu.Lock()
	w.citizens = append(w.citizens, c)
	w.mu.Unlock()
	// Until it is acknowledged the citizen is of no use to traffic, and is checked all
	// the same.
	state, err = w.do(c.phone, "second factor off", func() error {
		return w.settle(b, "/account/second-factor", "second_factor=off", "/account/security")
	})
	if state == refused {
		w.violate(lost, "%s: after registration the second factor could not be set: %v", c.phone, err)
	}
	if state != acknowledged {
		c.perhaps = secondFactor
		return nil
	}
	return c
}

// pressTwice presses the last button of a registration twice at once: one account
// comes of it. The browser is left as the press that was let left it.
func (w *worker) pressTwice(b *rig.Browser) error {
	var mu sync.Mutex
	var in *rig.Browser
	before := *b
	err := w.twice(func(one *rig.Client) error {
		press := before
		press.Client, press.Cookies = one, maps.Clone(before.Cookies)
		err := rig.EndRegistration(&press)
		if err == nil {
			mu.Lock()
			in = &press
			mu.Unlock()
		}
		return err
	})
	if in != nil {
		b.Cookies = in.Cookies
	}
	return err
}

// secondFactor stands in place of a password nobody knows: signing in would want a
// message.
const secondFactor = "\x00"

var accountField = regexp.MustCompile(`name="for" value="(\d+)"`)

// settle posts a form of the account's own pages and wants to end at another.
func (w *worker) settle(b *rig.Browser, path, form, at string) error {
	// The forms carry the account that their page was shown to.
	if _, err := b.Open("GET", "/account/sessions", ""); err != nil {
		return err
	}
	if whose := accountField.FindSubmatch(b.Page); whose != nil {
		form += "&for=" + string(whose[1])
	}
	a, err := b.Open("POST", path, form)
	if err != nil {
		return err
	}
	if a.Status != 200 || !strings.HasPrefix(b.At, at) {
		return b.Unexpected(path)
	}
	return nil
}
