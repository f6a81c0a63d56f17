package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// print answers with a value in JSON, else with its lines of text.
func (p *process) print(value any, lines ...string) error {
	if p.json {
		return p.printTo(p.stdout, value)
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(p.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

func (p *process) printTo(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// printTable answers with values in JSON, else with rows under a heading.
func (p *process) printTable(value any, heading []string, rows [][]string) error {
	if p.json {
		return p.printTo(p.stdout, value)
	}
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// at is a moment as tables show it.
func at(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
