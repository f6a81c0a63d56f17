package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"vhod/idp/notify"
	"vhod/idp/server"
	"vhod/keys"
	"vhod/store"
)

// cheapCommand is the provider as vhod serve runs it but for the cost of a password
// hash, which vhod serve rightly refuses to lower. What a login costs beside the
// hash is seen here alone: subtracting the hash would drown it in noise.
type cheapCommand struct {
	Database string `required:""`
	SMS      string `required:""`
}

// cheapCost is a hash of next to no cost, some 20 µs.
var cheapCost = keys.Cost{Memory: 64, Time: 1, Threads: 1}

// Run serves until a signal comes.
func (o *cheapCommand) Run(ctx context.Context) error {
	kek, err := keys.ParseKEK(secretKeys)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{DSN: o.Database, Now: time.Now, KEK: kek, MaxConns: 16})
	if err != nil {
		return err
	}
	defer db.Close()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	mail, err := notify.NewSMTP(notify.SMTPConfig{Host: "127.0.0.1", Port: 9, From: "no-reply@bench.example", TLS: "none"}, time.Now)
	if err != nil {
		return err
	}
	s, err := server.New(ctx, server.Config{
		Issuer: issuer, DB: db, KEK: kek, Now: time.Now, Monotonic: time.Now, Log: log, Password: cheapCost, MinimumAge: 18,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Limits: server.Limits{
			Pages: unlimited, Forms: unlimited, Passwords: unlimited, Failures: unlimited, Protocol: unlimited, Client: unlimited,
		},
		Mail: mail, SMS: notify.NewGateway(o.SMS, http.MethodPost, `{"to":{to},"text":{text},"id":{id}}`, "application/json", ""),
	})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: patience}
	log.Info("ready", slog.String("listen", l.Addr().String()))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Background(ctx) })
	g.Go(func() error { return h.Serve(l) })
	g.Go(func() error {
		<-ctx.Done()
		return h.Close()
	})
	if err := g.Wait(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
