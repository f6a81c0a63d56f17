package metric_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vhod/idp"
	"vhod/idp/metric"
)

func scrape(t *testing.T, m *metric.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// BenchmarkRequest is what an answer costs more for being counted.
func BenchmarkRequest(b *testing.B) {
	m := metric.New(metric.Build{})
	b.ReportAllocs()
	for b.Loop() {
		m.Request("/oauth2/token", http.MethodPost, 200, "ok", 0)
		m.Token("client_credentials", "bank", "issued")
		m.Begin()()
	}
}

// TestLabelsAreBounded: however many services, neighbours and limits there are.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	m := metric.New(metric.Build{Version: "v1", Revision: "abc", Go: "go1"})
	for i := range 5000 {
		name := fmt.Sprint("n", i)
		m.Token("refresh_token", name, "issued")
		m.Message(name, errors.New(name))
		m.Refused(name)
		m.Request("/login", name, 200, "ok", 0)
		m.Event(idp.Event{Name: idp.EventLoginFailed, Data: map[string]string{"method": name}})
		m.Event(idp.Event{Name: idp.EventCodeSent, Data: map[string]string{"channel": name, "purpose": name}})
		m.Event(idp.Event{Name: idp.EventMessageDeadLettered, Data: map[string]string{"destination": name}})
	}
	all := scrape(t, m)
	if n := strings.Count(all, "\nvhod_"); n > 400 {
		t.Errorf("%d series", n)
	}
	for _, line := range []string{
		`vhod_token_requests_total{client="unknown",grant="refresh_token",outcome="issued"} 5000`, // nobody says that they are registered
		`vhod_http_requests_total{class="2xx",method="other",outcome="ok",route="/login"} 5000`,
		`vhod_dead_letters_total{destination="other"} 4950`,
		`vhod_build_info{go="go1",revision="abc",version="v1"} 1`,
	} {
		if !strings.Contains(all, line) {
			t.Errorf("no %s", line)
		}
	}
}
