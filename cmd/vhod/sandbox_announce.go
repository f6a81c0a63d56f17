package main

import (
	"context"
	"net"
	"strings"
)

// relyingSettings are what the relying services are told; nil when they are off.
// They are kept in the folder for who runs them apart.
func (s *sandbox) relyingSettings(ctx context.Context) (*relyingSettings, error) {
	settings := &relyingSettings{
		Addr: s.Relying, Issuer: s.issuer, Offset: duration(s.clock.Offset()),
		Bank:  relyingService{ID: bankID, Secret: s.services.BankSecret},
		State: relyingService{ID: stateID, Key: s.services.StateKey},
		Trust: s.TLSCert, LogLevel: s.Log,
	}
	if s.Relying == "off" {
		settings.Addr, settings.BaseURL = "127.0.0.1:8090", "http://localhost:8090"
		return nil, writeJSON(s.folder.relying(), settings)
	}
	// Opened here to tell in plain words that it is taken, and to choose a port for
	// :0; the relying services open it anew.
	l, err := listen(ctx, s.Relying, "--relying")
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(s.Relying)
	if err == nil {
		settings.Addr = net.JoinHostPort(host, port(l))
		if loopback(host) || net.ParseIP(host).IsUnspecified() {
			host = "localhost"
		}
		settings.BaseURL = "http://" + net.JoinHostPort(host, port(l))
		err = l.Close()
	}
	if err != nil {
		return nil, err
	}
	return settings, writeJSON(s.folder.relying(), settings)
}

type sandboxAnswer struct {
	Issuer  string          `json:"issuer"`
	Sandbox string          `json:"sandbox"`
	Relying string          `json:"relying,omitempty"`
	Data    string          `json:"data"`
	People  []sandboxPerson `json:"people"`
}

// announce prints where everything is, and a few sign-ins.
func (s *sandbox) announce(p *process, relying string) error {
	answer := sandboxAnswer{Issuer: s.issuer, Sandbox: s.issuer + "/sandbox", Relying: relying, Data: s.Data, People: s.people.list()}
	lines := []string{
		"Vhod, the sandbox: nothing leaves this machine, everybody in it is synthetic.",
		"",
		"  provider            " + answer.Issuer,
		"  people and messages " + answer.Sandbox,
	}
	if relying != "" {
		lines = append(lines, "  bank, state service "+relying)
	}
	lines = append(lines, "", "Sign in with (everybody's password is "+sandboxPassword+"):")
	for _, one := range answer.People[:min(5, len(answer.People))] {
		lines = append(lines, "  "+one.Login+strings.Repeat(" ", max(1, 24-len(one.Login)))+one.noteIn("en"))
	}
	lines = append(lines, "", "Codes sent to them are on the page of messages. Ctrl-C ends everything.")
	if s.Expose {
		lines = append(lines, "", "EXPOSED: whoever can reach these addresses may sign in as anybody.")
	}
	return p.print(answer, lines...)
}
