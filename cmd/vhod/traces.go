package main

import (
	"context"
	"log/slog"
	"time"

	"vhod/idp/trace"
)

// flushTimeout is how long a stop waits for the last spans to be sent.
const flushTimeout = 2 * time.Second

// tracer sends spans to the collector that is configured; nil makes none.
func (c *config) tracer(ctx context.Context, log *slog.Logger) (*trace.Tracer, error) {
	if c.Traces.Endpoint == "" {
		return nil, nil
	}
	return trace.New(ctx, trace.Config{
		Endpoint: c.Traces.Endpoint, Authorization: c.Traces.Authorization, OneIn: c.Traces.OneIn, Version: version().Version, Log: log,
	})
}

// flush sends the last spans.
func flush(tracer *trace.Tracer, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := tracer.Close(ctx); err != nil {
		log.Warn("traces", slog.String("error", err.Error()))
	}
}
