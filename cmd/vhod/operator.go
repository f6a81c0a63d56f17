package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/server"
	"vhod/keys"
	"vhod/store"
)

// target says which provider an operator's command is about.
type target struct {
	Config string `placeholder:"FILE" xor:"provider" help:"Configuration of the provider (YAML)."`
	Data   string `placeholder:"DIR" xor:"provider" help:"Folder of a sandbox, instead of a configuration."`
	DB     string `name:"db" placeholder:"DSN" help:"Database of the sandbox, when it is not in its folder."`
}

// system is a provider's database with what opens it.
type system struct {
	db     *store.DB
	kek    keys.KEK
	now    idp.Clock
	config *config // nil for a sandbox
}

func (s *system) close() { s.db.Close() }

// open connects to the provider that a command is about; the database must be of
// this version unless migrating.
func (t target) open(p *process, migrating bool) (*system, error) {
	s, err := t.find(p)
	if err != nil {
		return nil, err
	}
	if migrating {
		return s, nil
	}
	if err := current(p.ctx, s.db); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// current refuses a database that is not of this version.
func current(ctx context.Context, db *store.DB) error {
	pending, err := db.MigrationPending(ctx)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("the database is not of this version, %s missing: run vhod migrate", strings.Join(pending, ", "))
	}
	return nil
}

func (t target) find(p *process) (*system, error) {
	switch {
	case t.Config == "" && t.Data == "":
		return nil, usage("either --config FILE or --data DIR is needed")
	case t.Data == "" && t.DB != "":
		return nil, usage("--db goes with --data; a configuration names its database itself")
	case t.Data != "":
		return t.findSandbox(p)
	}
	c, err := readConfig(t.Config, p.environ)
	if err != nil {
		return nil, err
	}
	if err := c.refused(); err != nil {
		return nil, err
	}
	kek, err := c.kek()
	if err != nil {
		return nil, fmt.Errorf("kek_file: %w", err)
	}
	db, err := c.open(p.ctx, kek)
	if err != nil {
		return nil, err
	}
	return &system{db: db, kek: kek, now: idp.SystemClock, config: c}, nil
}

func (t target) findSandbox(p *process) (*system, error) {
	folder := sandboxFolder(t.Data)
	kek, err := keys.LoadKEK(folder.kek())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no sandbox", t.Data)
	} else if err != nil {
		return nil, err
	}
	clock, err := openClock(folder.clock())
	if err != nil {
		return nil, err
	}
	db, err := store.Open(p.ctx, store.Config{DSN: folder.database(t.DB), Now: clock.Now, KEK: kek})
	if err != nil {
		return nil, err
	}
	return &system{db: db, kek: kek, now: clock.Now}, nil
}

// ring loads the keys with the terms that the server gives them.
func (s *system) ring(p *process) (*keys.Ring, error) {
	var period time.Duration
	if s.config != nil {
		period = time.Duration(s.config.Keys.Period)
	}
	return keys.NewRing(p.ctx, keys.Config{Storage: s.db, KEK: s.kek, Now: s.now, Terms: server.KeyTerms(period)})
}

// event is a line of the journal: an operator did it on the command line. The
// number is the operator's on this machine.
func (s *system) event(name idp.EventName, oid idp.OID, clientID string, data map[string]string) (store.Write, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return store.Event(idp.Event{
		ID: id, At: s.now(), Name: name, OID: oid, ClientID: clientID,
		Actor: "operator:uid-" + strconv.Itoa(os.Getuid()), Data: data,
	})
}
