package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vhod/idp/server"
	"vhod/keys"
	"vhod/store"
)

const (
	// clockOff is how far the clocks of the provider and of its database may differ.
	clockOff = 2 * time.Second
	// freeLeast is how much of the disk should be free under an embedded database.
	freeLeast = 1 << 30
	// sealLate is how long an event may wait for its seal, and sendLate a message
	// for being sent.
	sealLate, sendLate = time.Minute, 5 * time.Minute
)

// database looks at the database and at what only it can tell.
func (d *doctor) database(ctx context.Context, f *findings) {
	kek, err := d.config.kek()
	if err != nil {
		// The database can be looked at all the same.
		f.fail("keys", "Bring back the key-encryption key from where it is kept apart: without it nothing can be read.", "kek_file: %v", err)
	}
	path, embedded := strings.CutPrefix(d.config.Database, "sqlite:")
	if embedded {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			f.fail("database", "Run vhod migrate, which makes it, or correct the path in `database`.", "there is no file %s", path)
			return
		}
	}
	db, err := d.config.open(ctx, kek)
	if err != nil {
		f.fail("database", "Is it running, and are address, user and password in `database` right? serve cannot start without it.", "it cannot be reached: %v", err)
		return
	}
	defer db.Close()
	f.ok("database", "%s is reachable", db.Engine())
	if condition, err := db.Condition(ctx); err != nil {
		f.fail("database", "The user of the database needs to read its settings.", "its settings cannot be read: %v", err)
	} else if condition.Path != "" {
		sqliteCondition(condition, f)
	} else {
		d.postgresCondition(condition, f)
	}
	pending, err := db.MigrationPending(ctx)
	switch {
	case err != nil:
		f.fail("schema", "The user of the database needs to own its tables.", "it cannot be read: %v", err)
		return
	case len(pending) > 0:
		f.fail("schema", "Make a backup, then run vhod migrate.", "it is not of this version, missing: %s", strings.Join(pending, ", "))
		return
	}
	f.ok("schema", "it is of this version")
	if kek != nil {
		d.keys(ctx, db, kek, f)
	}
	d.backlog(ctx, db, f)
}

func (d *doctor) postgresCondition(c store.Condition, f *findings) {
	if c.Number < 130000 {
		f.fail("database", "Upgrade PostgreSQL: 13 is the oldest that is supported.", "PostgreSQL %s is too old", c.Version)
	} else {
		f.ok("database", "PostgreSQL %s", c.Version)
	}
	for _, name := range []string{"fsync", "full_page_writes"} {
		if c.Settings[name] != "on" {
			f.fail("database", "Set it to on in postgresql.conf: a power cut destroys the database without it.", "%s is %s", name, c.Settings[name])
		}
	}
	if commit := c.Settings["synchronous_commit"]; commit == "off" {
		f.fail("database", "Set it to on: with off a code or token could be spent twice after a power cut.", "synchronous_commit is off")
	} else {
		f.ok("database", "what is committed stays: synchronous_commit is %s", commit)
	}
	if c.Settings["read_only"] == "on" {
		f.fail("database", "`database` must name the primary, not a standby (target_session_attrs=read-write).", "it can only be read")
	}
	if off := c.Clock.Sub(d.now()).Round(time.Millisecond); off.Abs() > clockOff {
		f.fail("clock", "Have both machines keep time by NTP (timedatectl status): codes and tokens live for minutes.", "the clock of the database is off by %s from this machine's", off)
	} else {
		f.ok("clock", "it agrees with the database's, %s apart", off.Abs())
	}
}

func sqliteCondition(c store.Condition, f *findings) {
	if mode, level := c.Settings["journal_mode"], c.Settings["synchronous"]; mode != "wal" || level != "2" {
		f.fail("database", "Keep the file on a local disk: network file systems cannot have WAL.", "SQLite is in the mode %s, synchronous %s; wal and 2 are needed", mode, level)
	} else {
		f.ok("database", "SQLite %s, what is committed stays: WAL, synchronous FULL", c.Version)
	}
	for _, name := range []string{c.Path, c.Path + "-wal"} {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 {
			f.fail("database", "Run chmod 600 on it.", "others may reach %s: mode %04o", name, info.Mode().Perm())
		}
	}
	folder := filepath.Dir(c.Path)
	switch free, err := freeBytes(folder); {
	case err != nil:
		f.warn("disk", "Look yourself (df).", "how much is free in %s cannot be told: %v", folder, err)
	case free < freeLeast:
		f.fail("disk", "Make room: with a full disk nothing can be written, and people are answered 503.", "only %d MB are free in %s", free>>20, folder)
	default:
		f.ok("disk", "%d GB are free in %s", free>>30, folder)
	}
}

// keys looks at the ring without making what is missing, which a server does.
func (d *doctor) keys(ctx context.Context, db *store.DB, kek keys.KEK, f *findings) {
	standings, err := keys.Examine(ctx, keys.Config{Storage: db, KEK: kek, Now: d.now, Terms: server.KeyTerms(time.Duration(d.config.Keys.Period))})
	if err != nil {
		f.fail("keys", "Look at the database first.", "they cannot be read: %v", err)
		return
	}
	const lost = "The key-encryption key that wrapped them must stand in kek_file too, below the first line."
	missing, bad := 0, len(*f)
	for _, s := range standings {
		name := string(s.Use) + " " + s.Alg
		switch {
		case len(s.Sealed) > 0:
			f.fail("keys", lost, "%s: the key-encryption keys do not open %s", name, strings.Join(s.Sealed, ", "))
		case s.Active == "":
			missing++
		case s.Late:
			f.warn("keys", "A running server makes the next key by itself: start it, or look into its log.", "%s: the next key is overdue; the period ends %s", name, at(s.Until))
		}
	}
	switch {
	case missing == len(standings):
		f.ok("keys", "none yet: the first start of a server makes them")
	case missing > 0:
		f.warn("keys", "A starting server makes them.", "%d of %d uses have no key", missing, len(standings))
	case len(*f) == bad:
		f.ok("keys", "each use has its key, the next ones are in time, %s opens them", kek.ID())
	}
	wrappings, err := db.Wrappings(ctx)
	if err != nil {
		f.fail("keys", "Look at the database first.", "the data keys of accounts cannot be read: %v", err)
		return
	}
	for _, w := range wrappings {
		switch {
		case !w.Opens:
			f.fail("keys", lost, "%d accounts have their data under the key-encryption key %q, which is not at hand", w.Accounts, w.KEK)
		case w.KEK != kek.ID():
			f.warn("keys", "Run vhod key rewrap, then the older line can go from kek_file.", "%d accounts are under the older key-encryption key %q", w.Accounts, w.KEK)
		}
	}
}

// backlog tells what waits. It never fails: whether a server should be running is
// not known here.
func (d *doctor) backlog(ctx context.Context, db *store.DB, f *findings) {
	now := d.now()
	b, err := db.Backlog(ctx, now)
	if err != nil {
		f.fail("outbox", "Look at the database first.", "it cannot be read: %v", err)
		return
	}
	if b.Newest.After(now.Add(clockOff)) {
		f.fail("clock", "Set this machine's clock right (timedatectl status) before the server starts.", "it is %s behind what the database holds already", b.Newest.Sub(now).Round(time.Second))
	}
	if b.Dead > 0 {
		f.warn("outbox", "People did not get them. The server's log tells why (lines with \"msg\":\"job\"); look at mail and sms here.", "%d messages were given up", b.Dead)
	}
	if late := now.Sub(b.OldestDue); b.Due > 0 && late > sendLate {
		f.warn("outbox", "Start the server, or look at mail and sms here.", "%d messages wait to be sent, the oldest for %s", b.Due, late.Round(time.Second))
	} else if b.Dead == 0 {
		f.ok("outbox", "no message was given up, none waits for long")
	}
	if late := now.Sub(b.OldestEvent); !b.OldestEvent.IsZero() && late > sealLate {
		f.warn("journal", "A running server seals within a second: start it, or look into its log.", "events wait for their seal since %s", at(b.OldestEvent))
	} else {
		f.ok("journal", "every event is sealed in time")
	}
}
