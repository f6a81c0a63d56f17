package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"vhod/cmd/relying"
)

type relyingCommand struct {
	Settings string `required:"" placeholder:"FILE" help:"JSON with addr, base_url, issuer, bank, state; - reads it from standard input and stops when that ends."`
}

// relyingSettings are what the sample relying services are told. They hold
// secrets: a file of them is its owner's alone.
type relyingSettings struct {
	Addr    string         `json:"addr"`
	BaseURL string         `json:"base_url"`
	Issuer  string         `json:"issuer"`
	Bank    relyingService `json:"bank"`
	State   relyingService `json:"state"`
	// Trust is a PEM file of certificates to trust besides the system's.
	Trust string `json:"trust,omitempty"`
	// Offset is how far ahead of the machine's clock to be.
	Offset duration `json:"offset,omitzero"`
	// LogLevel is debug, info (when empty), warn or error.
	LogLevel string `json:"log_level,omitempty"`
}

type relyingService struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret,omitempty"`
	Key    string `json:"key,omitempty"` // PEM
}

// clockMessage tells the clock's offset on standard input, and on standard output
// that it was taken over.
type clockMessage struct {
	Offset duration `json:"offset"`
	Ready  string   `json:"ready,omitempty"` // the address, once listening
}

// maxSettings bounds a line of standard input, in bytes.
const maxSettings = 64 << 10

// Run serves the relying services. Started by the sandbox, with settings on
// standard input, it shares the sandbox's clock and ends with it.
func (c relyingCommand) Run(p *process) error {
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	settings, lines, err := c.read(p)
	if err != nil {
		return err
	}
	log, err := newLog(p.stderr, cmp.Or(settings.LogLevel, "info"))
	if err != nil {
		return err
	}
	clock := &clock{}
	clock.set(time.Duration(settings.Offset))
	ready := func(addr string) { log.Info("ready", slog.String("listen", addr)) }
	if lines != nil {
		ready = func(addr string) { tell(p.stdout, log, clockMessage{Offset: settings.Offset, Ready: addr}) }
		go func() {
			defer stop() // the sandbox is gone
			follow(lines, p.stdout, log, clock)
		}()
	}
	config, err := settings.config(clock, log)
	if err != nil {
		return err
	}
	return relying.Run(ctx, config, ready)
}

// read reads the settings, and gives what follows them on standard input.
func (c relyingCommand) read(p *process) (*relyingSettings, *bufio.Scanner, error) {
	var settings relyingSettings
	if c.Settings != "-" {
		return &settings, nil, readJSON(c.Settings, &settings)
	}
	lines := bufio.NewScanner(p.stdin)
	lines.Buffer(nil, maxSettings)
	if !lines.Scan() {
		return nil, nil, errors.New("no settings on standard input")
	}
	// The decoder's error would repeat a part of the line.
	if json.Unmarshal(lines.Bytes(), &settings) != nil {
		return nil, nil, errors.New("the first line of standard input is no settings")
	}
	return &settings, lines, nil
}

// follow takes over the clock that standard input tells, until that ends.
func follow(lines *bufio.Scanner, answers io.Writer, log *slog.Logger, clock *clock) {
	for lines.Scan() {
		var m clockMessage
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			log.Error("standard input", slog.String("error", "a line that tells no clock"))
			return
		}
		clock.set(time.Duration(m.Offset))
		tell(answers, log, clockMessage{Offset: m.Offset})
	}
}

func tell(w io.Writer, log *slog.Logger, m clockMessage) {
	if err := json.NewEncoder(w).Encode(m); err != nil {
		log.Error("standard output", slog.String("error", err.Error()))
	}
}

func (s relyingSettings) config(clock *clock, log *slog.Logger) (relying.Config, error) {
	c := relying.Config{
		Addr: s.Addr, BaseURL: s.BaseURL, Issuer: s.Issuer, Now: clock.Now, Log: log,
		Bank:  relying.Client{ID: s.Bank.ID, Secret: s.Bank.Secret, Key: []byte(s.Bank.Key)},
		State: relying.Client{ID: s.State.ID, Secret: s.State.Secret, Key: []byte(s.State.Key)},
	}
	if s.Trust == "" {
		return c, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return c, fmt.Errorf("trust: %w", err)
	}
	certificates, err := os.ReadFile(s.Trust)
	if err != nil {
		return c, fmt.Errorf("trust: %w", err)
	}
	if !pool.AppendCertsFromPEM(certificates) {
		return c, fmt.Errorf("trust: %s holds no certificate", s.Trust)
	}
	c.HTTPClient = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool}, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
	}}
	return c, nil
}
