package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes of every command.
const (
	exitDone    = 0
	exitRefused = 1 // the reason is on standard error
	exitUsage   = 2
)

// commands are the command line; kong reads the structure.
type commands struct {
	JSON bool `name:"json" help:"Answer in JSON."`

	Sandbox sandboxCommand `cmd:"" help:"Run a whole provider for trying it: nothing leaves the machine."`
	Serve   serveCommand   `cmd:"" help:"Run the provider in production."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to this version; needed before serve."`
	Client  clientCommands `cmd:"" help:"Relying services."`
	Person  personCommands `cmd:"" help:"People's accounts, one at a time."`
	Key     keyCommands    `cmd:"" help:"Keys of the provider."`
	Audit   auditCommands  `cmd:"" help:"The audit journal."`
	Config  configCommands `cmd:"" help:"Configuration."`
	Doctor  doctorCommand  `cmd:"" help:"Look at everything that the provider needs, and tell what to do; exit 1 when something does not work."`
	Health  healthCommand  `cmd:"" help:"Ask the server on this machine whether it is ready; exit 1 when it is not."`
	Backup  backupCommand  `cmd:"" help:"Write a backup of a provider while it runs; the accounts' keys to a file of their own."`
	Restore restoreCommand `cmd:"" help:"Fill an empty database from a backup: all of it or nothing."`
	Relying relyingCommand `cmd:"" help:"Run the sample relying services: a bank and a state service."`
	Version versionCommand `cmd:"" help:"Tell the version."`
}

// process is what a command has of the machine.
type process struct {
	ctx            context.Context //nolint:containedctx // the life of the command, ended by a signal
	environ        []string
	stdin          io.Reader
	stdout, stderr io.Writer
	json           bool
}

// usageError is a command line that can mean nothing.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks to stop; the second ends at once.
	context.AfterFunc(ctx, stop)
	return command(&process{ctx: ctx, environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.Args[1:])
}

// command runs one command line and tells the exit code.
func command(p *process, args []string) int {
	p.json = slices.Contains(args, "--json") // also when the rest means nothing
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("vhod"), kong.UsageOnError(),
		kong.Description("Vhod is an identity provider. See README.md."),
		kong.Writers(p.stdout, p.stderr), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		return p.fail(err)
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help was answered
		return exited
	}
	if err != nil {
		return p.fail(usageError{withCommands(err)})
	}
	p.json = c.JSON
	if err := parsed.Run(p); err != nil {
		if p.ctx.Err() != nil {
			err = fmt.Errorf("asked to stop before it was done: %w", err)
		}
		return p.fail(err)
	}
	return exitDone
}

// withCommands adds to an unknown command those that there are.
func withCommands(err error) error {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), "unexpected argument") {
		return err
	}
	node := wrong.Context.Selected()
	if node == nil {
		node = wrong.Context.Model.Node
	}
	var names []string
	for _, child := range node.Children {
		names = append(names, child.Name)
	}
	if names == nil {
		return err
	}
	return fmt.Errorf("%w; the commands are %s", err, strings.Join(names, ", "))
}

// fail tells the reason and the exit code.
func (p *process) fail(err error) int {
	var wrong usageError
	code, hint := exitRefused, ""
	if errors.As(err, &wrong) {
		code, hint = exitUsage, " (vhod --help tells more)"
	}
	if p.json {
		_ = p.printTo(p.stderr, map[string]string{"error": err.Error()}) // nowhere else to tell
	} else {
		_, _ = fmt.Fprintf(p.stderr, "vhod: %v%s\n", err, hint)
	}
	return code
}
