package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func printHead(out io.Writer, r *report) {
	_, _ = fmt.Fprintf(out, "%s; %s; load average before: %s; %d connections, %s a row\n",
		r.Begun.Format(time.RFC3339), r.Machine, r.Load, r.Connections, r.Time)
	_, _ = fmt.Fprintln(out, `The program that drives shares the cores, so op/s is of all three together. cpu: ms an operation, of the operating system's
accounting. stmts: of pg_stat_statements; trips: of the server's log; commits, wal (bytes) and images (of pages first changed
since a checkpoint): of PostgreSQL's log. refused: 429 or 503 with Retry-After; what those cost is shared out among the operations
that succeeded. others: what else ran on the machine, in hundredths of a core. "Hash of no cost": the same provider but for
the cost of a password hash.`)
}

// table aligns lines of cells.
func table(out io.Writer, write func(line func(cells ...string))) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	write(func(cells ...string) { _, _ = fmt.Fprintln(w, strings.Join(cells, "\t")) })
	_ = w.Flush() // to standard output
}

func printStage(out io.Writer, s *stageReport) {
	postgres := s.Engine == "postgres"
	_, _ = fmt.Fprintf(out, "\n%s, %d accounts (made in %s): ready %d ms after the start (budget %d%s); idle memory %d MB (budget %d%s)\n",
		s.Engine, s.Accounts, s.Seeding.Round(10*time.Millisecond),
		s.Ready.Milliseconds(), readyBudget.Milliseconds(), kept(s.Ready <= readyBudget), s.Idle.RSS>>20, idleBudget>>20, kept(s.Idle.RSS <= idleBudget))
	table(out, func(line func(...string)) {
		line("", "op/s", "p50 ms", "p99 ms", "refused", "errors", "cpu", "server", "db", "stmts", "trips", "commits", "wal", "images", "memory MB (peak)", "others", "budget")
		for _, m := range s.Rows {
			db, statements, commits, wal, images := "", "", "", "", ""
			if postgres {
				db = number(m.perOperation(milliseconds(m.DB)))
				statements = number(m.perOperation(float64(m.Statements)))
				commits = number(m.perOperation(float64(m.WAL.Commits)))
				wal = fmt.Sprintf("%.0f", m.perOperation(float64(m.WAL.Records)))
				images = fmt.Sprintf("%.0f", m.perOperation(float64(m.WAL.Images)))
			}
			line(m.Name, fmt.Sprintf("%.0f", m.perSecond()), number(milliseconds(m.P50)), number(milliseconds(m.P99)), fmt.Sprint(m.Refused), fmt.Sprint(m.Errors),
				number(m.perOperation(milliseconds(m.Server+m.DB))), number(m.perOperation(milliseconds(m.Server))), db,
				statements, number(m.perOperation(float64(m.Trips))), commits, wal, images,
				fmt.Sprintf("%d→%d (%d)", m.Before.RSS>>20, m.After.RSS>>20, m.After.Peak>>20),
				fmt.Sprintf("%.0f%%", 100*m.Others.Seconds()/m.Took.Seconds()), m.Verdict)
		}
	})
	for _, m := range s.Rows {
		if m.FirstError != "" {
			_, _ = fmt.Fprintf(out, "  %s: the first of %d errors: %s\n", m.Name, m.Errors, m.FirstError)
		}
	}
	if s.Flood != nil {
		printFlood(out, s.Flood)
	}
}

func printFlood(out io.Writer, f *flood) {
	_, _ = fmt.Fprintf(out, `%s, %d posts a second: %d sent, %d could not be; %d hashed (p50 %s ms, p99 %s ms), %d refused politely (p50 %s ms, p99 %s ms; budget %d ms%s)%s
  a service meanwhile gets its token in p50 %s ms, p99 %s ms, %d errors; memory %d→%d MB (peak %d)
`, floodName, floodRate, f.Sent, f.Unsent, f.Tried, number(milliseconds(f.TriedP50)), number(milliseconds(f.TriedP99)),
		f.Refused, number(milliseconds(f.RefusedP50)), number(milliseconds(f.RefusedP99)),
		refusalBudget.Milliseconds(), kept(f.RefusedP99 <= refusalBudget), otherAnswers(f),
		number(milliseconds(f.Bystander.P50)), number(milliseconds(f.Bystander.P99)), f.Bystander.Errors,
		f.Before.RSS>>20, f.After.RSS>>20, f.After.Peak>>20)
}

func otherAnswers(f *flood) (text string) {
	for _, what := range slices.Sorted(maps.Keys(f.Others)) {
		text += fmt.Sprintf(", %d answered %s", f.Others[what], what)
	}
	return text
}

func printLimits(out io.Writer, r *report) {
	_, _ = fmt.Fprintf(out, "\nThe machine's limits in this run: ES256 signature %s ms, RS256 %s ms, password hash %s ms CPU.\n", number(r.Limits.ES256), number(r.Limits.RS256), number(r.Limits.Hash))
	for _, c := range r.Limits.Commits {
		_, _ = fmt.Fprintf(out, "One row inserted and committed, %s: %.0f/s by one connection, %.0f/s by %d.\n", c.Engine, c.One, c.Many, c.Connections)
	}
	_, _ = fmt.Fprintf(out, "The sandbox is ready %d ms after its start on an empty folder (budget %d%s).\n", r.Sandbox.Milliseconds(), sandboxBudget.Milliseconds(), kept(r.Sandbox <= sandboxBudget))
}

// flat is how far the cost may grow with the number of accounts.
const flat = 1.3

// printGrowth compares the CPU of each row with that at the fewest accounts.
func printGrowth(out io.Writer, r *report) {
	first := map[string]*stageReport{}
	for _, s := range r.Stages {
		small, ok := first[s.Engine]
		if !ok {
			first[s.Engine] = s
			continue
		}
		_, _ = fmt.Fprintf(out, "\n%s, CPU at %d accounts as a multiple of that at %d (budget %g)\n", s.Engine, s.Accounts, small.Accounts, flat)
		table(out, func(line func(...string)) {
			for i := range s.Rows {
				m, before := &s.Rows[i], &small.Rows[i]
				if before.cpu() <= 0 {
					continue
				}
				ratio := m.cpu() / before.cpu()
				line(m.Name, fmt.Sprintf("%.2f%s", ratio, kept(ratio <= flat)))
			}
		})
	}
}

// number has three figures at most.
func number(n float64) string {
	switch {
	case n >= 100 || n <= -100:
		return fmt.Sprintf("%.0f", n)
	case n >= 10 || n <= -10:
		return fmt.Sprintf("%.1f", n)
	case n >= 1 || n <= -1:
		return fmt.Sprintf("%.2f", n)
	default:
		return fmt.Sprintf("%.3f", n)
	}
}

// kept is the verdict on a budget.
func kept(ok bool) string {
	if ok {
		return " ok"
	}
	return " OVER"
}

// keep writes the figures as JSON where the run was told to.
func keep(name string, figures any) error {
	if name == "" {
		return nil
	}
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644) //nolint:gosec // figures are no secret
}
