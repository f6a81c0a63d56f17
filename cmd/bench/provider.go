package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// issuer is the provider's address as tokens name it. It stands behind a proxy:
// this program, on loopback, which also tells people apart by X-Forwarded-For.
const (
	issuerHost = "id.bench.example"
	issuer     = "https://" + issuerHost
	redirect   = "https://bank.bench.example/callback"
)

// secretKeys is the key-encryption key of the throw-away database.
const secretKeys = "bench:YmVuY2ggYmVuY2ggYmVuY2ggYmVuY2ggYmVuY2ggYmU="

// provider is the program under test with its configuration.
type provider struct {
	binary, config string
	serve          []string // the command that serves
	*process                // nil while it does not run
	address        string   // host:port, while it runs
	lines          counting // what its log says
}

// counting reads the provider's log: one line for each request.
type counting struct {
	trips, failures atomic.Int64 // round trips of requests; requests answered 5xx
	mu              sync.Mutex
	worst           string // the last line of a failure
	ready           chan string
}

// unlimited is a limit of the provider that one network does not come to.
const unlimited = 1_000_000_000

// configure writes a configuration for a database.
func configure(binary, folder, database string, smsURL string) (*provider, error) {
	p := &provider{binary: binary, config: filepath.Join(folder, "vhod.yaml")}
	p.serve = []string{binary, "serve", "--config", p.config}
	kek := filepath.Join(folder, "kek")
	if err := os.WriteFile(kek, []byte(secretKeys+"\n"), 0o600); err != nil {
		return nil, err
	}
	// Nothing here causes an e-mail, so nobody listens on its port.
	text := fmt.Sprintf("issuer: %s\nlisten: 127.0.0.1:0\ndatabase: %q\nkek_file: %q\nsmtp: {host: 127.0.0.1, port: 9, from: no-reply@bench.example, tls: none}\nsms: {url: %q}\nlimits: {pages: %[5]d, forms: %[5]d, passwords: %[5]d, failures: %[5]d, protocol: %[5]d, client: %[5]d}\n",
		issuer, database, kek, smsURL, unlimited)
	return p, os.WriteFile(p.config, []byte(text), 0o600)
}

// environment is this program's without settings of a provider.
func environment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "VHOD_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// command runs one of the provider's commands to its end.
func (p *provider) command(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.binary, append(args, "--json", "--config", p.config)...) //nolint:gosec // the program under test
	cmd.Env = environment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("vhod %s: %w %s", strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}

// addClient registers a service and tells its secret.
func (p *provider) addClient(ctx context.Context, id, algorithm string) (string, error) {
	args := []string{
		"client", "add", "--id", id, "--name", "Банк", "--redirect", redirect, "--id-token-alg", algorithm,
		"--grant", "authorization_code,refresh_token,client_credentials",
	}
	for _, scope := range scopes[1:] {
		args = append(args, "--scope", scope+"=чтобы узнать вас")
	}
	out, err := p.command(ctx, args...)
	if err != nil {
		return "", err
	}
	var answer struct {
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal(out, &answer); err != nil || answer.Secret == "" {
		return "", fmt.Errorf("vhod client add: no secret in %s (%w)", out, err)
	}
	return answer.Secret, nil
}

// start starts the server and tells how long it took to be ready to answer.
func (p *provider) start(ctx context.Context) (time.Duration, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.serve[0], p.serve[1:]...) //nolint:gosec // the program under test
	cmd.Env = environment()
	log, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	p.lines.ready = make(chan string, 1)
	begun := time.Now()
	if p.process, err = start(cmd, func() { p.lines.read(log) }); err != nil {
		return 0, err
	}
	select {
	case p.address = <-p.lines.ready:
	case <-p.done:
		return 0, fmt.Errorf("vhod serve has ended: %w: %s", p.err, p.lines.last())
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(30 * time.Second):
		return 0, fmt.Errorf("vhod serve is not ready after 30 seconds: %s", p.lines.last())
	}
	c := p.dial()
	defer c.close()
	if a, err := c.get("/health/ready"); err != nil || a.status != 200 {
		return 0, fmt.Errorf("vhod serve says it is ready, and answers %d %w", a.status, err)
	}
	return time.Since(begun), nil
}

func (p *provider) dial() *client { return &client{address: p.address, host: issuerHost} }

// close stops the server.
func (p *provider) close() {
	if p.process != nil {
		p.stop(syscall.SIGTERM, 30*time.Second)
		p.process = nil
	}
}

var (
	tripsName  = []byte(`"trips":`)
	statusName = []byte(`"status":5`)
	readyLine  = []byte(`"msg":"ready"`)
)

func (l *counting) read(from io.Reader) {
	in := bufio.NewReaderSize(from, 256<<10)
	for {
		line, err := in.ReadSlice('\n')
		l.take(line)
		if err != nil && err != bufio.ErrBufferFull { //nolint:errorlint // ReadSlice returns it bare
			return
		}
	}
}

func (l *counting) take(line []byte) {
	switch {
	case bytes.Contains(line, tripsName):
		_, after, _ := bytes.Cut(line, tripsName)
		end := bytes.IndexAny(after, ",}")
		n, _ := strconv.ParseInt(string(after[:max(0, end)]), 10, 64) // one's own program writes it
		l.trips.Add(n)
		if !bytes.Contains(line, statusName) {
			return
		}
		l.failures.Add(1)
	case bytes.Contains(line, readyLine):
		var at struct{ Listen string }
		if json.Unmarshal(line, &at) == nil {
			if _, _, err := net.SplitHostPort(at.Listen); err == nil {
				l.ready <- at.Listen
			}
		}
	}
	l.mu.Lock()
	l.worst = string(line)
	l.mu.Unlock()
}

func (l *counting) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.worst
}
