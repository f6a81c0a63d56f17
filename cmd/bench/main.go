package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// options are the command line; kong reads the structure.
type options struct {
	Run   runCommand   `cmd:"" default:"withargs" help:"Measure the provider (what happens when nothing is said)."`
	Peers peersCommand `cmd:"" help:"Measure other providers beside ours: node-oidc-provider and Glewlwyd."`
	Cheap cheapCommand `cmd:"" hidden:""`
}

// common are what every kind of run has.
type common struct {
	Connections int           `default:"16" help:"How many requests or flows are in hand at once."`
	Time        time.Duration `default:"5s" help:"How long each row is measured, 1s to 3m."`
	Binary      string        `default:"bin/vhod" type:"existingfile" help:"The provider's program."`
	Postgres    string        `placeholder:"DIR" help:"Folder of PostgreSQL's programs (initdb); looked for when not given."`
	JSON        string        `name:"json" placeholder:"FILE" help:"Keep the figures as JSON."`
}

type runCommand struct {
	common
	Engines  []string `default:"sqlite,postgres" enum:"sqlite,postgres" help:"Databases to measure on."`
	Accounts []int    `default:"1000" help:"Stored accounts, growing: 1000,100000,1000000."`
	Rows     string   `default:"." placeholder:"REGEXP" help:"Which rows, by their names."`
}

// Longer, and the tokens made before a row would expire within it.
const maxTime = 3 * time.Minute

func (c *common) check() error {
	switch {
	case runtime.GOOS != "linux":
		return errors.New("bench reads /proc: it needs Linux")
	case c.Connections < 1 || c.Connections > 256:
		return fmt.Errorf("--connections: 1 to 256, not %d", c.Connections)
	case c.Time < time.Second || c.Time > maxTime:
		return fmt.Errorf("--time: 1s to %s, not %s", maxTime, c.Time)
	}
	return nil
}

// Validate implements kong's check of a command.
func (o *runCommand) Validate() error {
	last := 0
	for _, n := range o.Accounts {
		if n < 100 || n > 10_000_000 || n <= last {
			return errors.New("--accounts: growing numbers, 100 to 10000000")
		}
		last = n
	}
	if _, err := regexp.Compile(o.Rows); err != nil {
		return fmt.Errorf("--rows: %w", err)
	}
	return o.check()
}

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var o options
	parsed := kong.Parse(&o, kong.Name("bench"), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}
