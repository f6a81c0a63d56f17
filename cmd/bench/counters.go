package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"vhod/cmd/rig"
)

// position is where PostgreSQL's own counters stand.
type position struct {
	statements int64
	lsn        string
}

// positionOf reads the counters; the statements are those of the provider's role.
func positionOf(ctx context.Context, c *rig.Cluster) (position, error) {
	var p position
	// What is written and committed is flushed: the provider waits for it.
	if err := c.Watch.Q(ctx).QueryRow(ctx, "SELECT CAST(pg_current_wal_flush_lsn() AS TEXT)").Scan(&p.lsn); err != nil {
		return p, fmt.Errorf("position in the WAL: %w", err)
	}
	if !c.Statements {
		return p, nil
	}
	err := c.Watch.Q(ctx).QueryRow(ctx, `SELECT CAST(COALESCE(SUM(s.calls), 0) AS BIGINT) FROM pg_stat_statements(false) s
		JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = 'vhod'`).Scan(&p.statements)
	if err != nil {
		return p, fmt.Errorf("pg_stat_statements: %w", err)
	}
	return p, nil
}

// wal is what was written to PostgreSQL's log between two positions. Images are
// whole pages, written at the first change of each after a checkpoint: what they
// cost an operation depends on how long ago that was.
type wal struct{ Commits, Records, Images int64 }

// A line of pg_waldump --stats: type, number, size of records, size of images.
var walLine = regexp.MustCompile(`^(\S+)\s+(\d+)\s+\([^)]*\)\s+(\d+)\s+\([^)]*\)\s+(\d+)\s+\(`)

// walOf reads the log itself, which knows records from images and counts commits.
func walOf(ctx context.Context, c *rig.Cluster, from, to string) (wal, error) {
	var w wal
	if from == to {
		return w, nil
	}
	out, err := c.Program(ctx, "pg_waldump", "--path="+filepath.Join(c.Data(), "pg_wal"), "--start="+from, "--end="+to, "--stats=record").Output()
	if err != nil {
		var detail string
		if e, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it bare
			detail = string(e.Stderr)
		}
		return w, fmt.Errorf("pg_waldump: %w %s", err, detail)
	}
	for line := range strings.Lines(string(out)) {
		m := walLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		var n [3]int64
		for i := range n {
			if n[i], err = strconv.ParseInt(m[i+2], 10, 64); err != nil {
				return w, fmt.Errorf("pg_waldump: %w", err)
			}
		}
		w.Records += n[1]
		w.Images += n[2]
		if m[1] == "Transaction/COMMIT" {
			w.Commits += n[0]
		}
	}
	return w, nil
}
