package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

// show prints the table, and below it what was violated.
func show(out io.Writer, all []*result) (violated bool) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\nscenario\tengine\toperations\tunknown\tlost\tdouble\tforked\torphaned\t500s\tback after\t")
	for _, r := range all {
		if r.Skipped != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\t-\t-\t-\t-\t-\t-\t-\t-\tskipped: %s\n", r.Scenario, r.Engine, r.Skipped)
			continue
		}
		verdict := "ok"
		if len(r.Violations) > 0 {
			verdict, violated = "VIOLATED", true
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", r.Scenario, r.Engine, r.Operations, r.Unknown,
			r.Lost, r.Double, r.Forked, r.Orphaned, r.Defects, r.Back.Round(10*time.Millisecond), verdict)
	}
	_ = w.Flush() // to standard output
	for _, r := range all {
		if r.Note != "" {
			_, _ = fmt.Fprintf(out, "%s, %s: %s\n", r.Scenario, r.Engine, r.Note)
		}
	}
	for _, r := range all {
		for _, v := range r.Violations {
			_, _ = fmt.Fprintf(out, "VIOLATED: %s, %s: %.600s\n", r.Scenario, r.Engine, v)
		}
	}
	return violated
}

// keep writes the results as JSON where the run was told to.
func keep(name string, all []*result) error {
	if name == "" {
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644) //nolint:gosec // figures are no secret
}
