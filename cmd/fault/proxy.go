package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"vhod/cmd/rig"
)

// proxy stands between the provider and its database.
type proxy struct{ *toxiproxy.Proxy }

func newProxy(ctx context.Context, upstream string) (*proxy, error) {
	port, err := rig.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &proxy{toxiproxy.NewProxy(server, "database", "127.0.0.1:"+port, upstream)}
	return p, p.Start()
}

// through is the database's address by way of the proxy.
func (p *proxy) through(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn
	}
	u.Host = p.Listen
	return u.String()
}

func (p *proxy) close() { p.Stop() }

// suffer lets the connections suffer from something for a time; direction is
// upstream, towards the database, or downstream.
func (p *proxy) suffer(ctx context.Context, kind, direction string, attributes map[string]int, d time.Duration) error {
	toxic, err := json.Marshal(map[string]any{"name": kind, "type": kind, "stream": direction, "toxicity": 1, "attributes": attributes})
	if err != nil {
		return err
	}
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(string(toxic))); err != nil {
		return fmt.Errorf("%s: %w", toxic, err)
	}
	pause(ctx, d)
	return p.Toxics.RemoveToxic(ctx, kind)
}

// cut resets every connection with the next answer of the database, so that the
// provider does not know whether it was done, then with the next request, and then
// lets none in at all.
func cut(ctx context.Context, s *stage) (time.Time, string, error) {
	for _, direction := range []string{"downstream", "upstream"} {
		if err := s.proxy.suffer(ctx, "reset_peer", direction, nil, 1500*time.Millisecond); err != nil {
			return time.Time{}, "", err
		}
		pause(ctx, 500*time.Millisecond)
	}
	s.proxy.Stop()
	pause(ctx, time.Second)
	err := s.proxy.Start()
	return time.Now(), "", err
}

// cutBriefly resets connections with the next answer for a moment.
func cutBriefly(ctx context.Context, s *stage) (time.Time, string, error) {
	err := s.proxy.suffer(ctx, "reset_peer", "downstream", nil, 300*time.Millisecond)
	return time.Now(), "", err
}

// delay makes every answer of the database late.
func delay(ctx context.Context, s *stage) (time.Time, string, error) {
	err := s.proxy.suffer(ctx, "latency", "downstream", map[string]int{"latency": 400, "jitter": 200}, 4*time.Second)
	return time.Now(), "200 to 600 ms each answer", err
}

// blackHole lets nothing through and closes nothing.
func blackHole(ctx context.Context, s *stage) (time.Time, string, error) {
	err := s.proxy.suffer(ctx, "timeout", "downstream", map[string]int{"timeout": 0}, 12*time.Second)
	return time.Now(), "12 s", err
}
