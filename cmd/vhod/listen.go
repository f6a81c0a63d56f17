package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// The bounds of a connection. Writing covers the slowest page: a password waits
// up to two seconds for its turn, the database five.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = time.Minute
	maxHeaderBytes    = 32 << 10
)

// settleTimeout is how long a stop waits for connections to end by themselves; those
// of HTTP/2 and those that say nothing do not.
const settleTimeout = 500 * time.Millisecond

// drainTimeout is how long a stop waits for requests in hand.
const drainTimeout = 20 * time.Second

// listen opens the address, with words for the commonest failure.
func listen(ctx context.Context, address, option string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program: end it, or choose another address with %s", address, option)
	}
	return l, err
}

// endpoint serves one handler on one listener.
type endpoint struct {
	listener net.Listener
	handler  http.Handler
	tls      *tls.Config // nil is plain http
	log      *slog.Logger
	// stopping is told before the listener closes, notice earlier: time for a
	// balancer that asks about readiness to send the next requests elsewhere.
	stopping func()
	notice   time.Duration
}

// serve answers requests until ctx ends, then lets those in hand finish, all
// within drainTimeout.
func (e endpoint) serve(ctx context.Context) error {
	var open atomic.Int64 // connections
	server := &http.Server{
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Add(-1)
			case http.StateActive, http.StateIdle:
			}
		},
		Handler:           e.handler,
		TLSConfig:         e.tls,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What the standard library has to say is of broken clients: addresses of
		// people, of use only when looking for a fault.
		ErrorLog: slog.NewLogLogger(e.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() {
		if e.tls != nil {
			served <- server.ServeTLS(e.listener, "", "")
			return
		}
		served <- server.Serve(e.listener)
	}()
	select {
	case err := <-served:
		return fmt.Errorf("listener: %w", err)
	case <-ctx.Done():
	}
	e.stopping()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	select {
	case err := <-served:
		return fmt.Errorf("listener: %w", err)
	case <-time.After(e.notice):
	}
	// Shutdown drops what has just been accepted or read. So first no more is accepted,
	// and each connection ends with the request that it has.
	closed := e.listener.Close()
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		closed = errors.Join(closed, err)
	}
	server.SetKeepAlivesEnabled(false)
	for settled := time.Now().Add(settleTimeout); open.Load() > 0 && time.Now().Before(settled); {
		time.Sleep(time.Millisecond)
	}
	if err := errors.Join(closed, server.Shutdown(drain)); err != nil {
		return errors.Join(fmt.Errorf("stop: requests were cut off after %s: %w", drainTimeout, err), server.Close())
	}
	return nil
}
