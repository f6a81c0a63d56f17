package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"vhod/cmd/rig"
)

// report is everything that was measured.
type report struct {
	Begun       time.Time
	Machine     string
	Load        string // the load average before
	Connections int
	Time        time.Duration
	Limits      limits
	Sandbox     time.Duration // from start to ready, on an empty folder
	Stages      []*stageReport
}

// stageReport is one engine with one number of accounts.
type stageReport struct {
	Engine   string
	Accounts int
	Seeding  time.Duration
	Ready    time.Duration // from start to ready
	Idle     memory        // a second after
	Rows     []measured
	Flood    *flood
}

// Run measures the provider on each engine with each number of accounts.
func (o *runCommand) Run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "vhod-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	// The database's user passes through.
	if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // nothing in it can be listed
		return err
	}
	r := &report{
		Begun: time.Now(), Load: loadAverage(), Connections: o.Connections, Time: o.Time,
		Machine: fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version()),
	}
	out := os.Stdout
	printHead(out, r)
	if r.Limits.ES256, r.Limits.RS256, err = rawSignatures(); err != nil {
		return err
	}
	if r.Limits.Hash, err = hashCost(ctx, hashTime); err != nil {
		return err
	}
	if r.Sandbox, err = sandboxReady(ctx, o.Binary, filepath.Join(folder, "sandbox")); err != nil {
		return err
	}
	for _, engine := range o.Engines {
		if err := o.engine(ctx, r, engine, folder, out); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	printLimits(out, r)
	printGrowth(out, r)
	return keep(o.JSON, r)
}

// engine measures on one engine.
func (o *runCommand) engine(ctx context.Context, r *report, engine, parent string, out io.Writer) error {
	folder := filepath.Join(parent, engine)
	if err := os.Mkdir(folder, 0o711); err != nil { //nolint:gosec // as its parent
		return err
	}
	s := &stage{connections: o.Connections}
	defer s.close()
	if err := s.build(ctx, &o.common, engine, folder); err != nil {
		return err
	}
	if s.cluster != nil && !s.cluster.Statements {
		_, _ = fmt.Fprintln(out, "pg_stat_statements is not installed: statements are not counted")
	}
	raw := s.dsn
	if engine == "sqlite" {
		raw = sqliteFile(folder, "raw.db")
	}
	commits, err := rawCommits(ctx, engine, raw, o.Connections)
	if err != nil {
		return fmt.Errorf("raw commits: %w", err)
	}
	r.Limits.Commits = append(r.Limits.Commits, commits)
	for _, size := range o.Accounts {
		sr, err := s.measureAt(ctx, o, engine, size)
		if err != nil {
			return err
		}
		for i := range sr.Rows {
			sr.Rows[i].Verdict = sr.Rows[i].judge(r.Limits, engine == "postgres")
		}
		r.Stages = append(r.Stages, sr)
		printStage(out, sr)
	}
	return nil
}

// measureAt measures with a number of accounts.
func (s *stage) measureAt(ctx context.Context, o *runCommand, engine string, size int) (*stageReport, error) {
	sr := &stageReport{Engine: engine, Accounts: size}
	begun := time.Now()
	err := s.people.grow(ctx, size)
	if err != nil {
		return nil, err
	}
	if s.browsers, err = s.people.sessions(ctx, each*s.connections); err != nil {
		return nil, err
	}
	sr.Seeding = time.Since(begun)
	wanted, err := regexp.Compile(o.Rows)
	if err != nil {
		return nil, err
	}
	if sr.Ready, err = s.provider.Start(ctx); err != nil {
		return nil, err
	}
	defer s.provider.Close()
	time.Sleep(time.Second)
	if sr.Idle, err = readMemory(s.provider.PID()); err != nil {
		return nil, err
	}
	if err := s.playAll(ctx, o, wanted, sr); err != nil {
		return nil, err
	}
	if wanted.MatchString(floodName) {
		if sr.Flood, err = s.flood(ctx, o.Time); err != nil {
			return nil, err
		}
	}
	s.provider.Close()
	return sr, s.playCheap(ctx, o, wanted, sr)
}

// playAll plays the rows that are for the provider that runs.
func (s *stage) playAll(ctx context.Context, o *runCommand, wanted *regexp.Regexp, sr *stageReport) error {
	for _, row := range rows() {
		if row.cheap != s.cheap || !wanted.MatchString(row.name) {
			continue
		}
		m, err := s.play(ctx, row, o)
		if err != nil {
			return err
		}
		sr.Rows = append(sr.Rows, m)
	}
	return nil
}

// playCheap plays the rows that are for a provider with a hash of no cost.
func (s *stage) playCheap(ctx context.Context, o *runCommand, wanted *regexp.Regexp, sr *stageReport) error {
	real := s.provider
	defer func() { s.provider, s.cheap = real, false }()
	if err := s.makeCheap(); err != nil {
		return err
	}
	if _, err := s.provider.Start(ctx); err != nil {
		return err
	}
	defer s.provider.Close()
	return s.playAll(ctx, o, wanted, sr)
}

// sandboxReady is how long `vhod sandbox` takes to answer on an empty folder.
func sandboxReady(ctx context.Context, binary, folder string) (time.Duration, error) {
	port, err := rig.FreePort(ctx)
	if err != nil {
		return 0, err
	}
	//nolint:gosec // the program under test
	cmd := exec.CommandContext(context.WithoutCancel(ctx), binary, "sandbox", "--addr", "127.0.0.1:"+port, "--data", folder, "--relying", "off")
	cmd.Env = rig.Environment()
	begun := time.Now()
	p, err := rig.Start(cmd, nil)
	if err != nil {
		return 0, err
	}
	defer p.Stop(os.Interrupt, 30*time.Second)
	c := &rig.Client{Address: "127.0.0.1:" + port, Host: "localhost:" + port}
	defer c.Close()
	for ctx.Err() == nil && !p.Ended() && time.Since(begun) < 30*time.Second {
		if a, err := c.Get("/health/ready"); err == nil && a.Status == 200 {
			return time.Since(begun), nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return 0, errors.New("the sandbox did not become ready")
}
