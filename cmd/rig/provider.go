package rig

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
	"slices"
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
	IssuerHost = "id.bench.example"
	Issuer     = "https://" + IssuerHost
	Redirect   = "https://bank.bench.example/callback"
)

// SecretKeys is the key-encryption key of the throw-away database.
const SecretKeys = "bench:YmVuY2ggYmVuY2ggYmVuY2ggYmVuY2ggYmVuY2ggYmU="

// Provider is the program under test with its configuration.
type Provider struct {
	binary, config string
	Serve          []string // the command that serves
	Socket         *os.File // a listening socket to hand over, as systemd does; nil lets it open its own
	Stdin          *os.File // what the program reads; nil is nothing
	*Process                // nil while it does not run
	address        string   // host:port, while it runs
	Lines          Counting // what its log says
}

// Counting reads the provider's log: one line for each request.
type Counting struct {
	Trips, Failures atomic.Int64 // round trips of requests; requests answered 5xx
	mu              sync.Mutex
	worst           string   // the last line of a failure
	defects         []string // lines of requests answered 500, the first of them
	Ready           chan string
}

// Unlimited is a limit of the provider that one network does not come to.
const Unlimited = 1_000_000_000

// Configure writes a configuration for a database, to listen on an address of the
// loopback.
func Configure(binary, folder, listen, database, smsURL string) (*Provider, error) {
	p := &Provider{binary: binary, config: filepath.Join(folder, "vhod.yaml")}
	p.Serve = []string{binary, "serve", "--config", p.config}
	kek := filepath.Join(folder, "kek")
	if err := os.WriteFile(kek, []byte(SecretKeys+"\n"), 0o600); err != nil {
		return nil, err
	}
	// Nothing here causes an e-mail, so nobody listens on its port.
	text := fmt.Sprintf("issuer: %s\nlisten: %s\ndatabase: %q\nkek_file: %q\nsmtp: {host: 127.0.0.1, port: 9, from: no-reply@bench.example, tls: none}\nsms: {url: %q}\nlimits: {pages: %[6]d, forms: %[6]d, passwords: %[6]d, failures: %[6]d, protocol: %[6]d, client: %[6]d}\n",
		Issuer, listen, database, kek, smsURL, Unlimited)
	return p, os.WriteFile(p.config, []byte(text), 0o600)
}

// Environment is this program's without settings of a provider.
func Environment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "VHOD_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// Command runs one of the provider's commands to its end.
func (p *Provider) Command(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.binary, append(args, "--json", "--config", p.config)...) //nolint:gosec // the program under test
	cmd.Env = Environment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("vhod %s: %w %s", strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}

// AddClient registers a service and tells its secret.
func (p *Provider) AddClient(ctx context.Context, id, algorithm string) (string, error) {
	args := []string{
		"client", "add", "--id", id, "--name", "Банк", "--redirect", Redirect, "--id-token-alg", algorithm,
		"--grant", "authorization_code,refresh_token,client_credentials",
	}
	for _, scope := range Scopes[1:] {
		args = append(args, "--scope", scope+"=чтобы узнать вас")
	}
	out, err := p.Command(ctx, args...)
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

// Start starts the server and tells how long it took to be ready to answer.
func (p *Provider) Start(ctx context.Context) (time.Duration, error) {
	command := p.Serve
	if p.Socket != nil { // sd_listen_fds(3): the process that takes it is named
		command = append([]string{"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`}, p.Serve...)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), command[0], command[1:]...) //nolint:gosec // the program under test
	cmd.Env = Environment()
	if p.Stdin != nil {
		cmd.Stdin = p.Stdin
	}
	if p.Socket != nil {
		cmd.ExtraFiles = []*os.File{p.Socket}
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	p.Lines.Ready = make(chan string, 1)
	begun := time.Now()
	if p.Process, err = Start(cmd, func() { p.Lines.Read(log) }); err != nil {
		return 0, err
	}
	select {
	case p.address = <-p.Lines.Ready:
	case <-p.Done:
		return 0, fmt.Errorf("vhod serve has ended: %w: %s", p.err, p.Lines.last())
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(30 * time.Second):
		return 0, fmt.Errorf("vhod serve is not ready after 30 seconds: %s", p.Lines.last())
	}
	c := p.Dial()
	defer c.Close()
	if a, err := c.Get("/health/ready"); err != nil || a.Status != 200 {
		return 0, fmt.Errorf("vhod serve says it is ready, and answers %d %w", a.Status, err)
	}
	return time.Since(begun), nil
}

// Again is another server of the same configuration, which does not run yet.
func (p *Provider) Again() *Provider {
	return &Provider{binary: p.binary, config: p.config, Serve: p.Serve, Socket: p.Socket, Stdin: p.Stdin}
}

// Dial is a connection to it, yet to be made.
func (p *Provider) Dial() *Client { return &Client{Address: p.address, Host: IssuerHost} }

// Close stops the server.
func (p *Provider) Close() {
	if p.Process != nil {
		p.Stop(syscall.SIGTERM, 30*time.Second)
		p.Process = nil
	}
}

var (
	tripsName  = []byte(`"trips":`)
	statusName = []byte(`"status":5`)
	readyLine  = []byte(`"msg":"ready"`)
)

// Read reads a log to its end.
func (l *Counting) Read(from io.Reader) {
	in := bufio.NewReaderSize(from, 256<<10)
	for {
		line, err := in.ReadSlice('\n')
		l.take(line)
		if err != nil && err != bufio.ErrBufferFull { //nolint:errorlint // ReadSlice returns it bare
			return
		}
	}
}

func (l *Counting) take(line []byte) {
	switch {
	case bytes.Contains(line, tripsName):
		_, after, _ := bytes.Cut(line, tripsName)
		end := bytes.IndexAny(after, ",}")
		n, _ := strconv.ParseInt(string(after[:max(0, end)]), 10, 64) // one's own program writes it
		l.Trips.Add(n)
		if !bytes.Contains(line, statusName) {
			return
		}
		l.Failures.Add(1)
		l.defect(line)
	case bytes.Contains(line, readyLine):
		var at struct{ Listen string }
		if json.Unmarshal(line, &at) == nil {
			if _, _, err := net.SplitHostPort(at.Listen); err == nil {
				l.Ready <- at.Listen
			}
		}
	}
	l.mu.Lock()
	l.worst = string(line)
	l.mu.Unlock()
}

// defect keeps the line of a request that was answered 500.
func (l *Counting) defect(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(line, []byte(`"status":500`)) && len(l.defects) < 1000 {
		l.defects = append(l.defects, string(bytes.TrimSpace(line)))
	}
}

// Defects are the lines of requests that were answered 500.
func (l *Counting) Defects() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.defects)
}

func (l *Counting) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.worst
}
