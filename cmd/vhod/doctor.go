package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"vhod/idp"
)

// doctorWithin bounds each section of the examination.
const doctorWithin = 20 * time.Second

type doctorCommand struct {
	Config string `required:"" placeholder:"FILE" help:"Configuration file (YAML)."`
	DKIM   string `name:"dkim-selector" placeholder:"NAME" help:"Selector under which the mail server signs; its record is looked for."`
}

// The states of a finding.
const (
	stateOK      = "ok"
	stateWarning = "warning" // works, but something is to be seen to
	stateFailure = "failure" // does not work, or loses or gives away something
)

// finding is one line of the examination.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"` // what to do
}

type doctorAnswer struct {
	Failures int       `json:"failures"`
	Warnings int       `json:"warnings"`
	Findings []finding `json:"findings"`
}

// findings gathers what one section found.
type findings []finding

func (f *findings) ok(check, found string, args ...any) {
	*f = append(*f, finding{Check: check, State: stateOK, Found: fmt.Sprintf(found, args...)})
}

func (f *findings) warn(check, advice, found string, args ...any) {
	*f = append(*f, finding{Check: check, State: stateWarning, Found: fmt.Sprintf(found, args...), Advice: advice})
}

func (f *findings) fail(check, advice, found string, args ...any) {
	*f = append(*f, finding{Check: check, State: stateFailure, Found: fmt.Sprintf(found, args...), Advice: advice})
}

// doctor examines a provider from where it runs; it changes nothing and sends no
// message.
type doctor struct {
	config   *config
	path     string // of the configuration
	environ  []string
	selector string // of DKIM; empty when not known
	now      idp.Clock
	resolver resolver
	roots    *x509.CertPool // nil is whom the machine trusts
}

// Run tells how everything stands that the provider needs, and refuses when
// something does not work. Everything is looked at, whatever is wrong before.
func (c doctorCommand) Run(p *process) error {
	config, err := readConfig(c.Config, p.environ)
	if err != nil {
		return p.diagnosed(findings{{Check: "configuration", State: stateFailure, Found: err.Error(), Advice: "Correct the file; nothing else could be looked at."}})
	}
	d := doctor{
		config: config, path: c.Config, environ: p.environ, selector: c.DKIM,
		now: idp.SystemClock, resolver: net.DefaultResolver,
	}
	return p.diagnosed(d.examine(p.ctx))
}

// examine runs the sections beside each other: some wait for a network.
func (d *doctor) examine(ctx context.Context) findings {
	sections := []func(context.Context, *findings){d.settings, d.files, d.database, d.certificate, d.mail, d.sms, d.records}
	found := make([]findings, len(sections))
	var group sync.WaitGroup
	for i, section := range sections {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, doctorWithin)
			defer cancel()
			section(ctx, &found[i])
		})
	}
	group.Wait()
	var all findings
	for _, some := range found {
		all = append(all, some...)
	}
	return all
}

// settings are those that serve would refuse to start with.
func (d *doctor) settings(_ context.Context, f *findings) {
	err := d.config.check()
	if err == nil {
		f.ok("configuration", "every setting is safe")
		return
	}
	for line := range strings.Lines(err.Error()) {
		f.fail("configuration", "serve refuses to start with it: correct the setting (README, Configuration).", "%s", strings.TrimSpace(line))
	}
}

// diagnosed answers with what was found.
func (p *process) diagnosed(all findings) error {
	answer := doctorAnswer{Findings: all}
	var lines []string
	for _, one := range all {
		switch one.State {
		case stateFailure:
			answer.Failures++
		case stateWarning:
			answer.Warnings++
		}
		lines = append(lines, fmt.Sprintf("%-8s %-14s %s", one.State, one.Check, one.Found))
		if one.Advice != "" {
			lines = append(lines, strings.Repeat(" ", 24)+"-> "+one.Advice)
		}
	}
	if err := p.print(answer, lines...); err != nil {
		return err
	}
	if answer.Failures > 0 {
		return fmt.Errorf("failures: %d, warnings: %d", answer.Failures, answer.Warnings)
	}
	return nil
}

// short is the reason of a network's error without the addresses around it.
func short(err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "the name cannot be resolved: " + dns.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}
