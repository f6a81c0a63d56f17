package server_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"vhod/idp/server"
	"vhod/idp/trace"
	"vhod/store"
	"vhod/store/storetest"
)

// tree tells of each span its name and those below it, in the order they began.
func tree(spans tracetest.SpanStubs) (roots []string) {
	slices.SortFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	for _, s := range spans {
		if s.Parent.IsValid() {
			continue
		}
		line := s.Name
		for _, below := range spans {
			if below.Parent.SpanID() == s.SpanContext.SpanID() {
				line += " | " + below.Name
				for _, a := range below.Attributes {
					if a.Key == "db.query.text" {
						line += " " + strings.Join(strings.Fields(a.Value.AsString())[:3], " ")
					}
				}
			}
		}
		roots = append(roots, line)
	}
	return roots
}

// TestTraces: a request is a span, below it each round trip and the hash; a message
// is a trace of its own; nothing of a person is in any.
func TestTraces(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		out := tracetest.NewInMemoryExporter()
		p := newProvider(t, db, clock, func(c *server.Config) { c.Trace = trace.NewTo(out, trace.Config{OneIn: 1}) })
		p.service("bank", nil)
		subject := p.person("+79990000001", withSMS)
		if err := p.Clients.Maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
		out.Reset() // of what made the person
		b := p.browser()
		b.get(authorizeURL(nil)).signIn("+79990000001").expect(http.StatusOK, "/login/sms")
		b.post("/login/sms", url.Values{"code": {p.code("+79990000001")}}).expect(http.StatusOK, "/consent")
		b.get("/nowhere/Тестов")
		roots := tree(out.GetSpans())
		for _, want := range []string{
			"GET /oauth2/authorize",
			"GET /login",
			"POST /login/password | database SELECT account_id FROM | database INSERT INTO attempt | password hash",
			"GET /login/sms",
			"message | database",
			"GET",
		} {
			if !slices.ContainsFunc(roots, func(root string) bool {
				return root == want || strings.HasPrefix(root, want+" | ") || strings.HasPrefix(root, want+" ")
			}) {
				t.Errorf("no trace %q in\n%s", want, strings.Join(roots, "\n"))
			}
		}
		// Each round trip that the log counts is a span.
		for _, trips := range loginTrips(p.log.String()) {
			i := slices.IndexFunc(roots, func(r string) bool { return strings.HasPrefix(r, "POST /login/password") })
			if i < 0 || fmt.Sprint(strings.Count(roots[i], "| database")) != trips {
				t.Errorf("%s round trips, but %v", trips, roots)
			}
		}
		for _, s := range out.GetSpans() {
			text := strings.ToLower(fmt.Sprintln(s.Name, s.Attributes, s.Status, s.Events, s.Resource))
			for _, personal := range []string{"999000", "тестов", "иван", subject.Account.OID.String(), "127.0.0.1", "go-http-client", "flow=", strings.ToLower(testPassword), "bank"} {
				if strings.Contains(text, personal) {
					t.Errorf("%q is in the span %s", personal, text)
				}
			}
		}
	})
}

// TestTraceparentOfProxiesOnly: whoever is not the proxy begins a trace of its own.
func TestTraceparentOfProxiesOnly(t *testing.T) {
	t.Parallel()
	for _, behind := range []bool{false, true} {
		db, clock := storetest.Open(t, storetest.SQLite)
		out := tracetest.NewInMemoryExporter()
		p := newProvider(t, db, clock, func(c *server.Config) {
			if c.Trace = trace.NewTo(out, trace.Config{OneIn: 1}); behind {
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			}
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/health/live", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		p.browser().do(r)
		spans := out.GetSpans()
		if len(spans) != 1 || (spans[0].SpanContext.TraceID().String() == "0af7651916cd43dd8448eb211c80319c") != behind {
			t.Errorf("behind a proxy %v: %+v", behind, spans)
		}
	}
}
