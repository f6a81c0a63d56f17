package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"vhod/keys"
)

// Config says which database to open and how.
type Config struct {
	// DSN is "postgres://…" (or "postgresql://…"), "sqlite:PATH" or a file's path.
	DSN string
	// Now is the clock; required.
	Now func() time.Time
	// KEK opens the data keys of accounts; without one, as for migrations, what
	// needs personal data answers an error.
	KEK keys.KEK
	// MaxConns bounds the connections to PostgreSQL, or the readers of SQLite
	// (which has one writer besides). Zero is 16, and 4 for SQLite.
	MaxConns int
	// AcquireTimeout bounds the wait for a free connection; past it the answer
	// is ErrUnavailable. Zero is 5 seconds.
	AcquireTimeout time.Duration
	// BusyTimeout bounds how long SQLite waits for another process that holds
	// the file. Zero is 5 seconds.
	BusyTimeout time.Duration
}

// The names of the engines, as Engine tells them.
const (
	enginePostgres = "postgres"
	engineSQLite   = "sqlite"
)

// DB is an open database; safe for use by many goroutines.
type DB struct {
	engine engine
	now    func() time.Time
	kek    keys.KEK
	stats  counters
	// revocations counts what this process revoked.
	revocations atomic.Int64
	together    together
	seen        Observer
}

// executor runs statements on one engine, in a transaction or outside.
type executor interface {
	exec(ctx context.Context, sql string, args []any) (int64, error)
	query(ctx context.Context, sql string, args []any) (Rows, error)
	send(ctx context.Context, b *Batch) error
}

// transaction is an executor bound to one open transaction.
type transaction interface {
	executor
	// replan has the statements of the transaction planned by what is in the tables
	// at that moment, not as once before: for a queue that is empty or full.
	replan(ctx context.Context) error
	commit(ctx context.Context) error
	rollback(ctx context.Context) error
}

// engine is what each database must do; its errors are already classified.
type engine interface {
	executor
	name() string
	begin(ctx context.Context) (transaction, error)
	ping(ctx context.Context) error
	writable(ctx context.Context) error
	migrator() (*migrator, error)
	condition(ctx context.Context) (Condition, error)
	// snapshot begins a transaction that reads of one moment.
	snapshot(ctx context.Context) (transaction, error)
	tables(ctx context.Context, on executor) ([]table, error)
	// addPartitions makes the partitions that are written to from now on, and
	// dropPartitions ends those that hold nothing from a moment on; an engine
	// without partitions does neither.
	addPartitions(ctx context.Context, now time.Time) error
	dropPartitions(ctx context.Context, before time.Time) error
	pools() []Pool
	clock(ctx context.Context) (at time.Time, ok bool, err error)
	close()
}

// Open connects; it applies no migration. The caller closes the DB.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Now == nil {
		return nil, errors.New("store: no clock given")
	}
	if c.AcquireTimeout <= 0 {
		c.AcquireTimeout = 5 * time.Second
	}
	if c.BusyTimeout <= 0 {
		c.BusyTimeout = 5 * time.Second
	}
	if c.KEK == nil {
		c.KEK = noKEK{}
	}
	e, err := openEngine(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	return &DB{engine: e, now: c.Now, kek: c.KEK}, nil
}

func openEngine(ctx context.Context, c Config) (engine, error) {
	switch {
	case c.DSN == "":
		return nil, errors.New("no database address given")
	case strings.HasPrefix(c.DSN, "postgres://"), strings.HasPrefix(c.DSN, "postgresql://"):
		if c.MaxConns <= 0 {
			c.MaxConns = 16
		}
		return openPostgres(ctx, c)
	}
	path, named := strings.CutPrefix(c.DSN, "sqlite:")
	if !named && strings.Contains(c.DSN, "://") {
		return nil, errors.New("a database address begins with postgres:// or sqlite:, or is a file's path")
	}
	if c.MaxConns <= 0 {
		c.MaxConns = 4
	}
	return openSQLite(ctx, path, c)
}

// Close ends every connection; statements still running are waited for.
func (db *DB) Close() { db.engine.close() }

// Ping asks the database for a sign of life: ErrUnavailable when there is none.
func (db *DB) Ping(ctx context.Context) error { return db.engine.ping(ctx) }

// Writable asks the database whether it takes writes: ErrUnavailable when it does
// not answer or, as a standby, only reads.
func (db *DB) Writable(ctx context.Context) error { return db.engine.writable(ctx) }

// Engine names the engine, "postgres" or "sqlite"; for logs alone.
func (db *DB) Engine() string { return db.engine.name() }

// noKEK stands where no key-encryption key was given.
type noKEK struct{}

var errNoKEK = errors.New("store: opened without a key-encryption key")

func (noKEK) ID() string                         { return "" }
func (noKEK) Wrap(_, _ []byte) ([]byte, error)   { return nil, errNoKEK }
func (noKEK) Unwrap(_, _ []byte) ([]byte, error) { return nil, errNoKEK }
