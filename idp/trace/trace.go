package trace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says where spans go.
type Config struct {
	// Endpoint is the collector's address, to which /v1/traces is added (OTLP over
	// HTTP).
	Endpoint string
	// Authorization is the header of that name; empty without one.
	Authorization string
	// OneIn is how many requests there are to one that is traced.
	OneIn int
	// Version is told of the program.
	Version string
	// Log hears when spans cannot be sent.
	Log *slog.Logger
}

// Tracer makes spans; safe for use by many goroutines.
type Tracer struct {
	tracer   trace.Tracer
	provider *sdk.TracerProvider
}

// New sends spans to a collector, in the background. One that is away loses them
// and holds up nothing.
func New(ctx context.Context, c Config) (*Tracer, error) {
	options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(c.Endpoint + "/v1/traces")}
	if c.Authorization != "" {
		options = append(options, otlptracehttp.WithHeaders(map[string]string{"Authorization": c.Authorization}))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, errors.New("traces: the exporter cannot be made") // its words may quote the address
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		c.Log.Warn("traces", slog.String("error", err.Error()))
	}))
	return newTracer(c, sdk.WithBatcher(exporter)), nil
}

// NewTo gives each span to an exporter as soon as it ends.
func NewTo(exporter sdk.SpanExporter, c Config) *Tracer {
	return newTracer(c, sdk.WithSyncer(exporter))
}

func newTracer(c Config, to sdk.TracerProviderOption) *Tracer {
	provider := sdk.NewTracerProvider(to,
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(1/float64(max(1, c.OneIn))))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "vhod"), attribute.String("service.version", c.Version))))
	return &Tracer{tracer: provider.Tracer("vhod"), provider: provider}
}

// Close sends what waits.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	return nil
}
