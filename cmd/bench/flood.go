package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"vhod/cmd/rig"
)

const (
	floodName  = "password flood"
	floodRate  = 500 // posts a second
	floodConns = 1500
)

// flood is what happens when passwords are posted faster than they can be hashed.
type flood struct {
	Sent, Unsent int
	// Tried were hashed, Refused told to come again later (503 with Retry-After);
	// Others are other answers, by what they were.
	Tried, Refused         int
	Others                 map[string]int
	TriedP50, TriedP99     time.Duration
	RefusedP50, RefusedP99 time.Duration
	Bystander              timing // of somebody who asks for a client_credentials token meanwhile
	cost
}

// one is what became of one post.
type one struct {
	status int
	what   string
	retry  bool
	took   time.Duration
}

// flood posts wrong passwords of ever new people at a fixed rate, whatever comes
// back, while a service goes on asking for tokens one after another.
func (s *stage) flood(ctx context.Context, d time.Duration) (*flood, error) {
	f := &flood{Others: map[string]int{}}
	// One page serves all: its flow is spent by a success alone.
	c := s.provider.Dial()
	defer c.Close()
	page := c.Browser(0)
	if _, err := page.Open(http.MethodGet, "/login", ""); err != nil {
		return nil, err
	}
	var err error
	f.cost, err = s.measure(ctx, func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			f.Bystander = s.bystander(ctx, d)
		})
		f.post(ctx, s.provider, page, d)
		wg.Wait()
	})
	return f, err
}

// bystander asks for tokens at leisure.
func (s *stage) bystander(ctx context.Context, d time.Duration) (t timing) {
	c := s.provider.Dial()
	defer c.Close()
	var all []time.Duration
	begun := time.Now()
	for time.Since(begun) < d && ctx.Err() == nil {
		at := time.Now()
		if _, err := s.bank.Credentials(c); err != nil {
			t.Errors++
			t.FirstError = err.Error()
		} else {
			all = append(all, time.Since(at))
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Operations, t.Took = len(all), time.Since(begun)
	t.P50, t.P99 = percentiles(all)
	return t
}

func (f *flood) post(ctx context.Context, p *rig.Provider, page *rig.Browser, d time.Duration) {
	flow := rig.FlowOf(page.Page)
	free := make(chan *rig.Browser, floodConns)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all []one
	var made atomic.Int64
	begun := time.Now()
	for due := time.Duration(0); due < d && ctx.Err() == nil; due += time.Second / floodRate {
		time.Sleep(time.Until(begun.Add(due))) // late ones go out at once
		var b *rig.Browser
		select {
		case b = <-free:
		default:
			if made.Load() >= floodConns {
				f.Unsent++
				continue
			}
			b = p.Dial().Browser(int(made.Add(1)) * 256)
			maps.Copy(b.Cookies, page.Cookies)
		}
		n := f.Sent
		f.Sent++
		wg.Go(func() {
			o := wrongPassword(b, flow, n)
			mu.Lock()
			all = append(all, o)
			mu.Unlock()
			free <- b
		})
	}
	wg.Wait()
	for range len(free) {
		(<-free).Close()
	}
	var tried, refused []time.Duration
	for _, o := range all {
		switch {
		case o.status == http.StatusUnprocessableEntity:
			tried = append(tried, o.took)
		case o.status == http.StatusServiceUnavailable && o.retry:
			refused = append(refused, o.took)
		default:
			f.Others[o.what]++
		}
	}
	f.Tried, f.Refused = len(tried), len(refused)
	f.TriedP50, f.TriedP99 = percentiles(tried)
	f.RefusedP50, f.RefusedP99 = percentiles(refused)
}

// wrongPassword posts for a login that nobody has, so that none is blocked.
func wrongPassword(b *rig.Browser, flow string, n int) one {
	form := url.Values{"flow": {flow}, "login": {fmt.Sprintf("nobody-%d@example.com", n)}, "password": {"wrong"}}
	begun := time.Now()
	a, err := b.Open(http.MethodPost, "/login/password", form.Encode())
	if err != nil {
		return one{what: "no answer"}
	}
	o := one{took: time.Since(begun), status: a.Status, what: fmt.Sprint(a.Status)}
	if o.retry = a.Retry != ""; !o.retry && a.Status >= http.StatusInternalServerError {
		o.what += " without Retry-After"
	}
	return o
}
