package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"vhod/idp"
	"vhod/idp/audit"
)

type auditExportCommand struct {
	target
	period
	Out string `placeholder:"FILE" help:"File to write, which must not exist; standard output when not given."`
}

// Run exports what was sealed in a period. That it was done is kept before
// anything is written.
func (c auditExportCommand) Run(p *process) (err error) {
	span, err := c.span()
	if err != nil {
		return err
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
	var to io.Writer = p.stdout
	if c.Out != "" {
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		to = f
		defer func() { err = errors.Join(err, f.Close()) }()
	}
	look, err := s.event(idp.EventJournalExported, 0, "", c.told(map[string]string{}))
	if err != nil {
		return err
	}
	if err := s.db.Write(p.ctx, look); err != nil {
		return fmt.Errorf("nothing is exported, as the journal could not be written: %w", err)
	}
	report, err := audit.Export(p.ctx, s.db, ring.AuditKeys(), s.now(), span, to)
	if err != nil {
		return err
	}
	if c.Out == "" {
		if report.Wrong > 0 {
			return fmt.Errorf("what was exported is not intact: %d problems (vhod audit verify names them)", report.Wrong)
		}
		return nil
	}
	return p.told(report)
}
