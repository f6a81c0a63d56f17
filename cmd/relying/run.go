package relying

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const stopPeriod = 10 * time.Second

// Run serves cfg.Addr until ctx ends, then lets requests in hand finish. It
// calls ready (which may be nil) with the bound address, once it is listening.
// It returns nil after an orderly stop.
func Run(ctx context.Context, cfg Config, ready func(addr string)) error {
	service, err := New(cfg)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", service.cfg.Addr)
	if err != nil {
		return fmt.Errorf("relying: %w", err)
	}
	server := &http.Server{
		Handler:           service.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      45 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(service.cfg.Log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if ready != nil {
		ready(listener.Addr().String())
	}
	select {
	case err := <-served:
		return fmt.Errorf("relying: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPeriod)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return fmt.Errorf("relying: stop: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("relying: %w", err)
	}
	return nil
}
