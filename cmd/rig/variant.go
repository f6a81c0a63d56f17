package rig

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

// Variant is the provider as vhod serve runs it, but for what vhod serve rightly
// does not let one change.
type Variant struct {
	Listen, Database, SMS string
	Cost                  keys.Cost // of a password hash; zero is the provider's default
	Now                   func() time.Time
	// Opened, unless nil, is given the database before anything is served.
	Opened func(*store.DB)
}

// Serve serves until ctx ends.
func (v Variant) Serve(ctx context.Context) error {
	kek, err := keys.ParseKEK(SecretKeys)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{DSN: v.Database, Now: v.Now, KEK: kek, MaxConns: 16})
	if err != nil {
		return err
	}
	defer db.Close()
	if v.Opened != nil {
		v.Opened(db)
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	mail, err := notify.NewSMTP(notify.SMTPConfig{Host: "127.0.0.1", Port: 9, From: "no-reply@bench.example", TLS: "none"}, v.Now)
	if err != nil {
		return err
	}
	s, err := server.New(ctx, server.Config{
		Issuer: Issuer, DB: db, KEK: kek, Now: v.Now, Monotonic: time.Now, Log: log, Password: v.Cost, MinimumAge: 18,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Limits: server.Limits{
			Pages: Unlimited, Forms: Unlimited, Passwords: Unlimited, Failures: Unlimited, Protocol: Unlimited, Client: Unlimited,
		},
		Mail: mail, SMS: notify.NewGateway(v.SMS, http.MethodPost, `{"to":{to},"text":{text},"id":{id}}`, "application/json", ""),
	})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", v.Listen)
	if err != nil {
		return err
	}
	h := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: Patience}
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
