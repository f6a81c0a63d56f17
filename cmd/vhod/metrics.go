package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"vhod/idp/server"
)

// metricsEndpoint answers Prometheus on a listener of its own; nil answers nobody.
type metricsEndpoint struct{ endpoint }

// listenMetrics opens the listener of the metrics, none for an empty address.
func listenMetrics(ctx context.Context, address, option string, provider *server.Server, log *slog.Logger) (*metricsEndpoint, error) {
	if address == "" {
		return nil, nil
	}
	l, err := listen(ctx, address, option)
	if err != nil {
		return nil, err
	}
	paths := http.NewServeMux()
	paths.Handle("GET /metrics", provider.Metrics.Handler())
	log.Info("metrics", slog.String("listen", l.Addr().String()))
	return &metricsEndpoint{endpoint{listener: l, handler: paths, log: log, stopping: func() {}}}, nil
}

// serve answers until ctx ends. People go on signing in when it cannot.
func (e *metricsEndpoint) serve(ctx context.Context) {
	if e == nil {
		return
	}
	if err := e.endpoint.serve(ctx); err != nil {
		e.log.Error("metrics", slog.String("error", err.Error()))
	}
}

// close is for a listener that was never served.
func (e *metricsEndpoint) close() {
	if e != nil {
		_ = e.listener.Close() // closed by the server already, when it came to serve
	}
}

// expiry tells when the certificate in use ends, whichever that is by then.
func expiry(c *tls.Config) func() time.Time {
	return func() time.Time {
		current, err := c.GetCertificate(nil)
		if err != nil || current.Leaf == nil {
			return time.Time{}
		}
		return current.Leaf.NotAfter
	}
}
