package trace

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Request begins the span of a request. route is the template of its route, empty
// without one; number is the one that pages and the log have. The trace that the
// request says to belong to is taken over if its sender is trusted (W3C Trace
// Context §2); else it begins a trace of its own.
func (t *Tracer) Request(r *http.Request, route, number string, trusted bool) (ctx context.Context, ended func(status int)) {
	if t == nil {
		return r.Context(), func(int) {}
	}
	ctx = r.Context()
	if trusted {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	method := known(r.Method)
	name := method
	if route != "" {
		name += " " + route
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.String("vhod.request_id", number)))
	return ctx, func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// known is a method of HTTP; a stranger may send any word.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "_OTHER" // as the semantic conventions of OpenTelemetry have it
	}
}

// Statement begins the span of a round trip to the database, of a request or a
// message that is traced; text holds placeholders, no arguments.
func (t *Tracer) Statement(ctx context.Context, text string) (ended func(error)) {
	if !t.follows(ctx) {
		return unseen
	}
	return t.child(ctx, "database", trace.WithAttributes(attribute.String("db.query.text", text)))
}

// Hash begins the span of a password hash, with the wait for its turn.
func (t *Tracer) Hash(ctx context.Context) (ended func(error)) {
	if !t.follows(ctx) {
		return unseen
	}
	return t.child(ctx, "password hash")
}

// Message begins the span of an attempt to hand a message to its gateway. It is a
// trace of its own: the request that caused it ended long ago.
func (t *Tracer) Message(ctx context.Context, channel string) (with context.Context, ended func(error)) {
	if t == nil {
		return ctx, unseen
	}
	ctx, span := t.tracer.Start(ctx, "message", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("vhod.channel", channel)))
	return ctx, end(span)
}

func (t *Tracer) child(ctx context.Context, name string, options ...trace.SpanStartOption) func(error) {
	_, span := t.tracer.Start(ctx, name, append(options, trace.WithSpanKind(trace.SpanKindClient))...)
	return end(span)
}

// follows tells whether something is traced that a span can be part of.
func (t *Tracer) follows(ctx context.Context) bool {
	return t != nil && trace.SpanFromContext(ctx).IsRecording()
}

func unseen(error) {}

// end marks a failure; the words of an error may hold what is personal.
func end(span trace.Span) func(error) {
	return func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
