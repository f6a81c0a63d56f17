package rig

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Gateway takes the provider's text messages, as an operator's gateway would, and
// gives the codes in them to whoever waits.
type Gateway struct {
	server *http.Server
	URL    string
	mu     sync.Mutex
	codes  map[string]chan string
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// StartGateway begins to take messages on a port of the loopback.
func StartGateway(ctx context.Context) (*Gateway, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &Gateway{URL: "http://" + l.Addr().String() + "/send", codes: map[string]chan string{}}
	g.server = &http.Server{Handler: http.HandlerFunc(g.take), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = g.server.Serve(l) }() // until it is closed
	return g, nil
}

func (g *Gateway) take(w http.ResponseWriter, r *http.Request) {
	var m struct{ To, Text string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&m); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if code := sixDigits.FindString(m.Text); code != "" {
		select {
		case g.of(m.To) <- code:
		default: // an attempt that was repeated; the first is read
		}
	}
}

// of is where codes to a number arrive.
func (g *Gateway) of(number string) chan string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.codes[number] == nil {
		g.codes[number] = make(chan string, 1)
	}
	return g.codes[number]
}

// code waits for the code sent to a number, which nobody asks for again.
func (g *Gateway) code(ctx context.Context, number string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	select {
	case code := <-g.of(number):
		g.mu.Lock()
		delete(g.codes, number)
		g.mu.Unlock()
		return code, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Close ends it.
func (g *Gateway) Close() { _ = g.server.Close() }
