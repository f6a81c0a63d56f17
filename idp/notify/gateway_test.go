package notify_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp/job"
	"vhod/idp/notify"
)

// asked is what a gateway was asked.
type asked struct {
	method, url, body string
	header            http.Header
}

func newGateway(t *testing.T, answer http.HandlerFunc) (address string, requests chan asked) {
	t.Helper()
	requests = make(chan asked, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- asked{r.Method, r.URL.String(), string(body), r.Header}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

var text = notify.Message{ID: uuid.MustParse("01890000-0000-7000-8000-000000000001"), To: "+79001234567", Text: "Код \"123456\" & {to}\n@id.example #123456"}

func TestGatewayTemplates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                            string
		path, method, body, contentType string
		want                            asked
	}{
		{"as it comes", "/send", "", "", "", asked{
			method: "POST", url: "/send",
			body: `{"to":"+79001234567","text":"Код \"123456\" \u0026 {to}\n@id.example #123456","id":"01890000-0000-7000-8000-000000000001"}`,
		}},
		{"a form", "/send", "POST", "phone={to}&mes={text}&id={id}&psw=x", "application/x-www-form-urlencoded", asked{
			method: "POST", url: "/send",
			body: "phone=%2B79001234567&mes=%D0%9A%D0%BE%D0%B4+%22123456%22+%26+%7Bto%7D%0A%40id.example+%23123456&id=01890000-0000-7000-8000-000000000001&psw=x",
		}},
		{"an address", "/send?phone={to}&mes={text}", "GET", "", "", asked{
			method: "GET",
			url:    "/send?phone=%2B79001234567&mes=%D0%9A%D0%BE%D0%B4+%22123456%22+%26+%7Bto%7D%0A%40id.example+%23123456",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, requests := newGateway(t, status(http.StatusAccepted))
			g := notify.NewGateway(address+c.path, c.method, c.body, c.contentType, "Bearer secret")
			if err := g.Send(t.Context(), text); err != nil {
				t.Fatal(err)
			}
			got := <-requests
			if got.method != c.want.method || got.url != c.want.url || got.body != c.want.body {
				t.Errorf("asked\n%s %s\n%s\nwant\n%s %s\n%s", got.method, got.url, got.body, c.want.method, c.want.url, c.want.body)
			}
			if got.header.Get("Authorization") != "Bearer secret" || got.header.Get("Idempotency-Key") != text.ID.String() {
				t.Errorf("headers: %v", got.header)
			}
		})
	}
}

func TestGatewayRefusals(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]struct{ fails, permanent bool }{
		200: {}, 204: {},
		301: {true, true}, 307: {true, true}, 400: {true, true}, 404: {true, true}, 422: {true, true},
		401: {fails: true}, 403: {fails: true}, 408: {fails: true}, 429: {fails: true}, 500: {fails: true}, 503: {fails: true},
	} {
		address, requests := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, text.To)
		})
		err := notify.NewGateway(address, "", "", "", "").Send(t.Context(), text)
		if (err != nil) != want.fails || errors.Is(err, job.ErrPermanent) != want.permanent {
			t.Errorf("%d: %v, want %+v", code, err, want)
		}
		if err != nil && strings.Contains(err.Error(), text.To) {
			t.Errorf("%d: %v tells the number", code, err)
		}
		if len(requests) != 1 {
			t.Errorf("%d: asked %d times; a redirect must not be followed", code, len(requests))
		}
	}
}

func TestGatewayWithoutAnswer(t *testing.T) {
	t.Parallel()
	var endless atomic.Int64
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	slow, _ := newGateway(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	flood, _ := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 1<<16)
		for range 1 << 10 {
			n, err := w.Write(block)
			endless.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	for name, address := range map[string]string{"slow": slow, "closed": "http://127.0.0.1:1"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := notify.NewGateway(address+"?to={to}", "GET", "", "", "").Send(ctx, text)
		cancel()
		if err == nil || errors.Is(err, job.ErrPermanent) || strings.Contains(err.Error(), "7900") {
			t.Errorf("%s: %v, want a failure to be tried again that does not tell the number", name, err)
		}
	}
	if err := notify.NewGateway(flood, "", "", "", "").Send(t.Context(), text); err != nil {
		t.Errorf("a long answer: %v", err)
	}
	if read := endless.Load(); read >= 1<<26 {
		t.Errorf("%d bytes of an endless answer were read", read)
	}
}
