package main

import (
	"fmt"
	"strings"
)

type migrateCommand struct {
	target
	Check bool `help:"Only tell what is missing; exit 1 when anything is."`
}

type migrateAnswer struct {
	Applied []string `json:"applied"`
	Pending []string `json:"pending"`
}

// Run applies what is missing, or tells it.
func (c migrateCommand) Run(p *process) error {
	s, err := c.open(p, true)
	if err != nil {
		return err
	}
	defer s.close()
	pending, err := s.db.MigrationPending(p.ctx)
	if err != nil {
		return err
	}
	if c.Check {
		if err := p.print(migrateAnswer{Applied: []string{}, Pending: list(pending)}, fmt.Sprintf("%d missing", len(pending))); err != nil {
			return err
		}
		if len(pending) > 0 {
			return fmt.Errorf("missing: %s; run vhod migrate", strings.Join(pending, ", "))
		}
		return nil
	}
	if err := s.db.Migrate(p.ctx); err != nil {
		return err
	}
	line := "the database is of this version"
	if len(pending) > 0 {
		line = "applied: " + strings.Join(pending, ", ")
	}
	return p.print(migrateAnswer{Applied: list(pending), Pending: []string{}}, line)
}

// list is never null in JSON.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
