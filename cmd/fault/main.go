package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"vhod/cmd/rig"
)

// commands are the command line; kong reads the structure.
type commands struct {
	Run     options        `cmd:"" default:"withargs" help:"Break things and check (what happens when nothing is said)."`
	Variant variantCommand `cmd:"" hidden:""`
}

type options struct {
	Engines   []string `default:"sqlite,postgres" enum:"sqlite,postgres" help:"Databases to play on."`
	Scenarios string   `default:"." placeholder:"REGEXP" help:"Which scenarios, by their names."`
	Binary    string   `default:"bin/vhod" type:"existingfile" help:"The provider's program."`
	Postgres  string   `placeholder:"DIR" help:"Folder of PostgreSQL's programs (initdb); looked for when not given."`
	Mount     bool     `default:"true" negatable:"" help:"Fill a small disk (tmpfs), where one may be mounted; else SQLite is bounded by max_page_count."`
	JSON      string   `name:"json" placeholder:"FILE" help:"Keep the results as JSON."`
	Keep      string   `placeholder:"DIR" help:"Keep the ledgers there."`
}

// limit is how long a run may take at most.
const limit = 8 * time.Minute

var errViolated = errors.New("what must not be was found")

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var c commands
	parsed := kong.Parse(&c, kong.Name("fault"), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "fault: %v\n", err)
		return 1
	}
	return 0
}

// Validate implements kong's check of a command.
func (o *options) Validate() error {
	if runtime.GOOS != "linux" {
		return errors.New("fault kills processes and mounts disks as on Linux: it needs Linux")
	}
	if _, err := regexp.Compile(o.Scenarios); err != nil {
		return fmt.Errorf("--scenarios: %w", err)
	}
	return nil
}

// Run plays the scenarios and shows what came of them.
func (o *options) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	all, err := o.play(ctx, scenarios())
	violated := show(os.Stdout, all)
	err = errors.Join(err, keep(o.JSON, all))
	if violated {
		err = errors.Join(err, errViolated)
	}
	return err
}

// play plays scenarios, engine by engine, in a folder that is removed afterwards.
func (o *options) play(ctx context.Context, which []scenario) (all []*result, err error) {
	folder, err := os.MkdirTemp("", "vhod-fault-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	// The database's user passes through.
	if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // nothing in it can be listed
		return nil, err
	}
	for _, engine := range o.Engines {
		results, err := o.engine(ctx, which, engine, filepath.Join(folder, engine))
		all = append(all, results...)
		if err != nil {
			return all, fmt.Errorf("%s: %w", engine, err)
		}
	}
	return all, nil
}

// engine plays the scenarios of one engine.
func (o *options) engine(ctx context.Context, which []scenario, engine, folder string) (all []*result, err error) {
	if err := os.Mkdir(folder, 0o711); err != nil { //nolint:gosec // as its parent
		return nil, err
	}
	g := &ground{options: o, engine: engine, folder: folder}
	if g.gateway, err = rig.StartGateway(ctx); err != nil {
		return nil, err
	}
	defer g.gateway.Close()
	if engine == postgres {
		if g.cluster, err = rig.StartCluster(ctx, o.Postgres, folder); err != nil {
			return nil, err
		}
		defer g.cluster.Close()
	}
	wanted := regexp.MustCompile(o.Scenarios)
	for i := range which {
		sc := &which[i]
		if !wanted.MatchString(sc.name) || !slices.Contains(sc.engines, engine) {
			continue
		}
		r, err := g.play(ctx, sc)
		if err != nil {
			return all, fmt.Errorf("%s: %w", sc.name, err)
		}
		all = append(all, r)
		_, _ = fmt.Fprintf(os.Stderr, "%s, %s: %s, %d operations, %d violations\n", sc.name, engine, r.Took.Round(100*time.Millisecond), r.Operations, len(r.Violations))
		if err := g.keepLedger(o.Keep, sc.name); err != nil {
			return all, err
		}
	}
	return all, nil
}

// keepLedger copies a scenario's ledger to where it was asked for.
func (g *ground) keepLedger(folder, name string) error {
	if folder == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(g.folder, fmt.Sprint(g.played), "ledger.jsonl"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, g.engine+" "+name+".jsonl"), text, 0o600) //nolint:gosec // where the operator wants it
}
