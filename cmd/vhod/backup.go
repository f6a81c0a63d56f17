package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"vhod/idp"
	"vhod/idp/server"
	"vhod/keys"
	"vhod/store"
)

// keysSuffix ends the name of the file with the accounts' keys.
const keysSuffix = ".keys"

type backupCommand struct {
	target
	Out string `required:"" placeholder:"PATH" help:"File to write; the accounts' keys go to PATH.keys. Neither may exist."`
}

type backupAnswer struct {
	Data        string `json:"data"`
	AccountKeys string `json:"account_keys"`
	store.Manifest
}

// Run writes a backup of a provider that goes on running.
func (c backupCommand) Run(p *process) error {
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	answer := backupAnswer{Data: c.Out, AccountKeys: c.Out + keysSuffix}
	if answer.Manifest, err = s.backup(p.ctx, answer.Data, answer.AccountKeys); err != nil {
		return err
	}
	event, err := s.event(idp.EventBackupMade, 0, "", map[string]string{"backup": answer.ID.String()})
	if err != nil {
		return err
	}
	if err := s.db.Write(p.ctx, event); err != nil {
		return fmt.Errorf("the backup was written, the journal could not be: %w", err)
	}
	return p.print(answer,
		fmt.Sprintf("backup %s as of %s, schema %d: %d rows in %d tables", answer.ID, at(answer.MadeAt), answer.Schema, total(answer.Rows), len(answer.Rows)),
		"data:         "+answer.Data,
		"account keys: "+answer.AccountKeys+" (keep it apart, for 30 days at most)",
		"not in it:    the key-encryption key; without it the backup cannot be read")
}

func total(rows map[string]int64) (n int64) {
	for _, some := range rows {
		n += some
	}
	return n
}

// backup writes both files; on an error none of them stays.
func (s *system) backup(ctx context.Context, dataPath, keysPath string) (m store.Manifest, err error) {
	data, err := newBackupFile(dataPath)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, data.finish(err == nil)) }()
	apart, err := newBackupFile(keysPath)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, apart.finish(err == nil)) }()
	if m, err = s.db.Backup(ctx, data.out, apart.out); err != nil {
		return m, err
	}
	return m, errors.Join(data.sync(), apart.sync())
}

// backupFile is a new file that its owner alone may read.
type backupFile struct {
	file *os.File
	out  *bufio.Writer
}

func newBackupFile(path string) (*backupFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &backupFile{f, bufio.NewWriterSize(f, 1<<16)}, nil
}

// sync has the file on the disk, and its name too.
func (b *backupFile) sync() error {
	if err := errors.Join(b.out.Flush(), b.file.Sync()); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(b.file.Name()))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// finish closes the file; one that is not whole is removed.
func (b *backupFile) finish(whole bool) error {
	err := b.file.Close()
	if !whole {
		return errors.Join(err, os.Remove(b.file.Name()))
	}
	return err
}

type restoreCommand struct {
	target
	In          string `required:"" placeholder:"PATH" help:"File that vhod backup wrote."`
	Keys        string `placeholder:"PATH" help:"File of the accounts' keys, when it is not PATH.keys; that of a later backup honours erasures since."`
	EndSessions bool   `help:"Sign everybody out, and end what services may refresh: nothing that was ended since the backup lives again."`
}

type restoreAnswer struct{ store.Manifest }

// Run fills an empty migrated database.
func (c restoreCommand) Run(p *process) error {
	if c.Keys == "" {
		c.Keys = c.In + keysSuffix
	}
	data, err := os.Open(c.In)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }() // only read
	apart, err := os.Open(c.Keys)
	if err != nil {
		return fmt.Errorf("account keys: %w", err)
	}
	defer func() { _ = apart.Close() }() // only read
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	m, err := s.restore(p.ctx, data, apart, c.EndSessions)
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	event, err := s.event(idp.EventBackupRestored, 0, "", map[string]string{"backup": m.ID.String()})
	if err != nil {
		return err
	}
	if err := s.db.Write(p.ctx, event); err != nil {
		return fmt.Errorf("everything was restored, the journal could not be written: %w", err)
	}
	return p.print(restoreAnswer{m},
		fmt.Sprintf("restored backup %s as of %s: %d rows in %d tables", m.ID, at(m.MadeAt), total(m.Rows), len(m.Rows)),
		"next: vhod audit verify, vhod doctor, then start the server")
}

// restore refuses a backup that the key-encryption key at hand does not open.
func (s *system) restore(ctx context.Context, data, apart io.Reader, end bool) (store.Manifest, error) {
	return s.db.Restore(ctx, store.Restoring{Data: data, Keys: apart, EndSessions: end, Check: func(ctx context.Context) error {
		standings, err := keys.Examine(ctx, keys.Config{Storage: s.db, KEK: s.kek, Now: s.now, Terms: server.KeyTerms(0)})
		if err != nil {
			return err
		}
		var closed []string
		for _, one := range standings {
			closed = append(closed, one.Sealed...)
		}
		wrappings, err := s.db.Wrappings(ctx)
		if err != nil {
			return err
		}
		for _, w := range wrappings {
			if !w.Opens {
				closed = append(closed, fmt.Sprintf("%d accounts", w.Accounts))
			}
		}
		if len(closed) > 0 {
			return fmt.Errorf("the key-encryption key is not the one of the backup, it does not open %s", strings.Join(closed, ", "))
		}
		return nil
	}})
}
