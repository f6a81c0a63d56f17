package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"vhod/cmd/rig"
	"vhod/store"
)

// variantCommand is the provider as vhod serve runs it, with a clock and a size of
// the database that lines on its standard input set: the machine's clock is
// everybody's, and not every machine lets one mount a small disk.
type variantCommand struct {
	Listen   string `required:""`
	Database string `required:""`
	SMS      string `required:""`
}

// Run serves until a signal comes.
func (v *variantCommand) Run(ctx context.Context) error {
	var offset atomic.Int64
	return rig.Variant{
		Listen: v.Listen, Database: v.Database, SMS: v.SMS,
		Now: func() time.Time { return time.Now().Add(time.Duration(offset.Load())).UTC() },
		Opened: func(db *store.DB) {
			go func() {
				for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
					if err := obey(ctx, lines.Text(), &offset, db); err != nil {
						_, _ = fmt.Fprintf(os.Stderr, "%s: %v\n", lines.Text(), err)
					}
				}
			}()
		},
	}.Serve(ctx)
}

// obey does what a line says: "clock 90s" or "pages 1".
func obey(ctx context.Context, line string, offset *atomic.Int64, db *store.DB) error {
	what, value, _ := strings.Cut(line, " ")
	switch what {
	case "clock":
		d, err := time.ParseDuration(value)
		if err != nil {
			return err
		}
		offset.Store(int64(d))
	case "pages":
		n, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		_, err = db.Q(ctx).Exec(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n))
		return err
	}
	return nil
}

// control speaks to a variant.
type control struct{ to *os.File }

// newControl makes a provider a variant that obeys.
func newControl(p *rig.Provider, listen, dsn, sms string) (*control, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p.Serve = []string{program, "variant", "--listen", listen, "--database", dsn, "--sms", sms}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.Stdin = from
	return &control{to: to}, nil
}

func (c *control) say(text string, args ...any) error {
	_, err := fmt.Fprintf(c.to, text+"\n", args...)
	return err
}
