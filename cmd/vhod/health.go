package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

type healthCommand struct {
	Config string `required:"" placeholder:"FILE" help:"Configuration file (YAML)."`
}

type healthAnswer struct {
	Ready bool `json:"ready"`
}

// Run asks the server on this machine whether it is ready, for a container or a
// script that has no program for it.
func (c healthCommand) Run(p *process) error {
	config, err := readConfig(c.Config, p.environ)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is no host:port", config.Listen)
	}
	if address := net.ParseIP(host); host == "" || address != nil && address.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if config.TLS.Certificate != "" {
		scheme = "https"
	}
	r, err := http.NewRequestWithContext(p.ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/health/ready", nil)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{
		// The certificate names the issuer's host, not this machine; nothing is told or
		// believed but the status.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}, //nolint:gosec // as above
	}}
	response, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // the status is all
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", response.Status)
	}
	return p.print(healthAnswer{Ready: true}, "ready")
}
