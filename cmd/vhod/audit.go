package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"vhod/idp/audit"
)

type auditCommands struct {
	Verify auditVerifyCommand `cmd:"" help:"Check that nothing of the journal was changed, deleted or put in; exit 1 when anything was."`
	Search auditSearchCommand `cmd:"" help:"Find events; the look itself is kept in the journal."`
	Export auditExportCommand `cmd:"" help:"Write sealed events as JSON lines that can be checked elsewhere; the export itself is kept in the journal."`
}

// moment is a time on the command line: a day in UTC or a time of RFC 3339.
type moment struct{ time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *moment) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, string(text)); err == nil {
			m.Time = t
			return nil
		}
	}
	return fmt.Errorf("%q is no day such as 2026-03-31 and no time such as 2026-03-31T12:00:00Z", text)
}

// period is a part of the journal.
type period struct {
	From moment `placeholder:"TIME" help:"From this day (2026-03-31) or time (2026-03-31T12:00:00Z) on."`
	To   moment `placeholder:"TIME" help:"Up to this day or time, which is not in it."`
}

func (p period) span() (audit.Span, error) {
	if !p.To.IsZero() && !p.From.Before(p.To.Time) {
		return audit.Span{}, usage("--from must be before --to")
	}
	return audit.Span{From: p.From.Time, To: p.To.Time}, nil
}

type auditVerifyCommand struct {
	target
	period
	File   string `placeholder:"FILE" xor:"provider" help:"An export to check, instead of a provider."`
	Anchor string `placeholder:"HASH" help:"Hash of an anchor that has to be there, as the server's log has it."`
}

// Run checks the journal.
func (c auditVerifyCommand) Run(p *process) error {
	span, err := c.span()
	if err != nil {
		return err
	}
	if c.File != "" {
		return c.file(p)
	}
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	ring, err := s.ring(p)
	if err != nil {
		return err
	}
	report, err := audit.Verify(p.ctx, s.db, ring.AuditKeys(), s.now(), span, strings.ToLower(c.Anchor))
	if err != nil {
		return err
	}
	return p.told(report)
}

// file checks an export. It has all that is needed: whether the keys are the
// provider's is for the reader to compare.
func (c auditVerifyCommand) file(p *process) error {
	if !c.From.IsZero() || !c.To.IsZero() {
		return usage("--from and --to are for a provider; an export is checked as a whole")
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	report, err := audit.VerifyFile(f, strings.ToLower(c.Anchor))
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return p.told(report)
}

// told answers with a report, and refuses when anything is wrong.
func (p *process) told(r *audit.Report) error {
	lines := []string{
		fmt.Sprintf("checked: %d events in %d seals of %d lanes, %d anchors; %d events removed after their term", r.Events, r.Seals, r.Lanes, r.Anchors, r.Retired),
		fmt.Sprintf("last anchor: %d %s", r.LastAnchor, r.LastHash),
		"signed by: " + strings.Join(r.Keys, " "),
	}
	for _, problem := range r.Problems {
		lines = append(lines, problem.String())
	}
	if err := p.print(r, lines...); err != nil {
		return err
	}
	if r.Wrong > 0 {
		return fmt.Errorf("the journal is not intact: %d problems", r.Wrong)
	}
	return nil
}
