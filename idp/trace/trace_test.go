package trace_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"vhod/idp/trace"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func request(t testing.TB, header string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/secret/path?login=ivan", nil)
	if header != "" {
		r.Header.Set("Traceparent", header)
	}
	return r
}

// TestOffCostsNothing: without a tracer no span begins, and nothing is allocated.
func TestOffCostsNothing(t *testing.T) {
	var off *trace.Tracer
	r := request(t, parent)
	if n := testing.AllocsPerRun(100, func() {
		ctx, ended := off.Request(r, "/a", "N", true)
		off.Statement(ctx, "SELECT 1")(nil)
		off.Hash(ctx)(nil)
		_, sent := off.Message(ctx, "sms")
		sent(nil)
		ended(200)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if err := off.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestParents: a trace goes on only for those who are trusted, as does the wish to
// be sampled.
func TestParents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header string
		trusted      bool
		oneIn        int
		spans        int
		goesOn       bool
	}{
		{"trusted", parent, true, 1 << 30, 1, true},
		{"trusted, not sampled", parent[:len(parent)-1] + "0", true, 1, 0, false},
		{"stranger", parent, false, 1, 1, false},
		{"stranger cannot ask for more", parent, false, 1 << 30, 0, false},
		{"stranger cannot ask for none", parent[:len(parent)-1] + "0", false, 1, 1, false},
		{"nonsense of the trusted", "00-zz-1-1", true, 1, 1, false},
		{"none", "", true, 1, 1, false},
	} {
		out := tracetest.NewInMemoryExporter()
		tracer := trace.NewTo(out, trace.Config{OneIn: c.oneIn})
		ctx, ended := tracer.Request(request(t, c.header), "/a", "N", c.trusted)
		tracer.Statement(ctx, "SELECT 1")(nil)
		ended(200)
		spans := out.GetSpans()
		if len(spans) != 2*c.spans {
			t.Errorf("%s: %d spans", c.name, len(spans))
			continue
		}
		if c.spans > 0 && (spans[1].SpanContext.TraceID().String() == parent[3:35]) != c.goesOn {
			t.Errorf("%s: trace %s", c.name, spans[1].SpanContext.TraceID())
		}
	}
}

// TestOrphans: what no request or message caused is not traced.
func TestOrphans(t *testing.T) {
	t.Parallel()
	out := tracetest.NewInMemoryExporter()
	tracer := trace.NewTo(out, trace.Config{OneIn: 1})
	tracer.Statement(t.Context(), "SELECT 1")(nil)
	tracer.Hash(t.Context())(nil)
	if n := len(out.GetSpans()); n != 0 {
		t.Errorf("%d spans", n)
	}
}

// TestFailures are marked without their words.
func TestFailures(t *testing.T) {
	t.Parallel()
	out := tracetest.NewInMemoryExporter()
	tracer := trace.NewTo(out, trace.Config{OneIn: 1})
	ctx, ended := tracer.Request(request(t, ""), "", "N", false)
	tracer.Statement(ctx, "SELECT 1")(errors.New("ivan"))
	ended(http.StatusServiceUnavailable)
	for _, s := range out.GetSpans() {
		if s.Status.Code != codes.Error || s.Status.Description != "" || len(s.Events) != 0 {
			t.Errorf("%s: %+v %v", s.Name, s.Status, s.Events)
		}
	}
}

// TestCollector: spans arrive at a collector, with the header that it wants; one that
// is away stops nothing.
func TestCollector(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got string
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
	}))
	defer collector.Close()
	for _, endpoint := range []string{collector.URL, "http://127.0.0.1:1"} {
		tracer, err := trace.New(t.Context(), trace.Config{Endpoint: endpoint, Authorization: "Bearer x", OneIn: 1, Version: "v1", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		_, ended := tracer.Request(request(t, ""), "/a", "N", false)
		ended(200)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := tracer.Close(ctx); err != nil && endpoint == collector.URL {
			t.Errorf("%s: %v", endpoint, err)
		}
		cancel()
	}
	mu.Lock()
	defer mu.Unlock()
	if !strings.HasPrefix(got, "/v1/traces Bearer x ") || !strings.Contains(got, "GET /a") || strings.Contains(got, "ivan") {
		t.Errorf("the collector got %q", got)
	}
}

func BenchmarkUnsampled(b *testing.B) {
	tracer := trace.NewTo(tracetest.NewInMemoryExporter(), trace.Config{OneIn: 1 << 30})
	r := request(b, "")
	for b.Loop() {
		ctx, ended := tracer.Request(r, "/a", "N", false)
		tracer.Statement(ctx, "SELECT 1")(nil)
		ended(200)
	}
}
