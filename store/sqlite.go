package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// sqlite is the engine for the embedded database: one writer and some readers
// of one file in WAL mode, so that reads never wait.
type sqlite struct {
	path    string
	busy    time.Duration
	db      *sql.DB
	wait    time.Duration
	writer  chan *sqliteConn
	readers chan *sqliteConn
	now     func() time.Time

	writerWaits, readerWaits waits

	rewritten sync.Map // statement → rewritten
	closed    sync.Once
}

func openSQLite(ctx context.Context, path string, c Config) (engine, error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, errors.New("SQLite needs a file: its readers and its writer share one")
	}
	// Made here for its mode: SQLite gives the same to the files beside it.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	e := &sqlite{
		path: path, busy: c.BusyTimeout, wait: c.AcquireTimeout, now: c.Now,
		writer: make(chan *sqliteConn, 1), readers: make(chan *sqliteConn, c.MaxConns),
	}
	if e.db, err = e.openFile(); err != nil {
		return nil, err
	}
	if err := e.connect(ctx, c.MaxConns); err != nil {
		e.close()
		return nil, sqliteError(err)
	}
	return e, nil
}

// openFile opens the file with what every connection needs.
func (e *sqlite) openFile() (*sql.DB, error) {
	options := url.Values{
		"_busy_timeout": {strconv.FormatInt(e.busy.Milliseconds(), 10)},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"}, // a committed write survives a power cut
		"_foreign_keys": {"on"},
		"_dqs":          {"0"},
		"_txlock":       {"immediate"}, // for the migrations; see begin
	}
	file := (&url.URL{Path: e.path}).EscapedPath()
	return sql.Open("sqlite", "file:"+file+"?"+options.Encode())
}

func (e *sqlite) connect(ctx context.Context, readers int) error {
	e.db.SetMaxIdleConns(0)
	for i := range readers + 1 {
		conn, err := e.db.Conn(ctx)
		if err != nil {
			return err
		}
		c := &sqliteConn{conn: conn, statements: map[string]*sql.Stmt{}}
		if i == 0 {
			e.writer <- c
			continue
		}
		e.readers <- c
		if _, err := conn.ExecContext(ctx, "PRAGMA query_only = on"); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqlite) name() string { return engineSQLite }

// close waits for the connections in use, the writer last: it checkpoints.
func (e *sqlite) close() { e.closed.Do(e.end) }

func (e *sqlite) end() {
	ctx, cancel := context.WithTimeout(context.Background(), e.wait)
	defer cancel()
	for _, free := range []chan *sqliteConn{e.readers, e.writer} {
		for range cap(free) {
			select {
			case c := <-free:
				c.close()
			case <-ctx.Done(): // left to the end of the process, which loses nothing committed
			}
		}
	}
	_ = e.db.Close() // as above
}

// acquire takes the writer or a reader, waiting no longer than configured.
func (e *sqlite) acquire(ctx context.Context, write bool) (c *sqliteConn, release func(), err error) {
	from, waited := e.readers, &e.readerWaits
	if write {
		from, waited = e.writer, &e.writerWaits
	}
	select {
	case c = <-from:
	default:
		defer waited.begin(e.now)()
		timeout := time.NewTimer(e.wait)
		defer timeout.Stop()
		select {
		case c = <-from:
		case <-ctx.Done():
			return nil, nil, sqliteError(ctx.Err())
		case <-timeout.C:
			return nil, nil, &engineError{
				kind: ErrUnavailable, text: "no connection became free", cause: context.DeadlineExceeded,
			}
		}
	}
	return c, func() { from <- c }, nil
}

// translate is the statement as SQLite takes it, worked out once.
func (e *sqlite) translate(statement string) rewritten {
	if r, ok := e.rewritten.Load(statement); ok {
		return r.(rewritten)
	}
	r := rewrite(statement)
	e.rewritten.Store(statement, r)
	return r
}

func (e *sqlite) ping(ctx context.Context) error {
	rows, err := e.query(ctx, "SELECT 1", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	var one int
	return scanFirst(rows, []any{&one})
}

func (e *sqlite) writable(ctx context.Context) error { return e.ping(ctx) }

// clock tells nothing: it would be this machine's own.
func (e *sqlite) clock(context.Context) (at time.Time, ok bool, err error) {
	return time.Time{}, false, nil
}

func (e *sqlite) exec(ctx context.Context, statement string, args []any) (int64, error) {
	r := e.translate(statement)
	c, release, err := e.acquire(ctx, r.write)
	if err != nil {
		return 0, err
	}
	defer release()
	return c.exec(ctx, r.text, args)
}

func (e *sqlite) query(ctx context.Context, statement string, args []any) (Rows, error) {
	r := e.translate(statement)
	c, release, err := e.acquire(ctx, r.write)
	if err != nil {
		return nil, err
	}
	rows, err := c.query(ctx, r.text, args)
	if err != nil {
		release()
		return nil, err
	}
	rows.release = release
	return rows, nil
}

// begin takes the write lock at once: a transaction that read first and wrote
// later would fail whenever another wrote between.
func (e *sqlite) begin(ctx context.Context) (transaction, error) {
	return e.start(ctx, true)
}

func (e *sqlite) start(ctx context.Context, write bool) (*sqliteTx, error) {
	c, release, err := e.acquire(ctx, write)
	if err != nil {
		return nil, err
	}
	begin := "BEGIN"
	if write {
		begin = "BEGIN IMMEDIATE"
	}
	tx := &sqliteTx{engine: e, c: c, release: release}
	if _, err := c.exec(ctx, begin, nil); err != nil {
		// The request may have ended a moment after it began all the same. What came
		// next on the connection would be answered and never kept.
		if rollbackErr := tx.rollback(context.WithoutCancel(ctx)); rollbackErr != nil {
			err = fmt.Errorf("%w (and to roll back: %w)", err, rollbackErr)
		}
		return nil, err
	}
	return tx, nil
}

// send runs a batch as one transaction, of a reader if it only reads.
func (e *sqlite) send(ctx context.Context, b *Batch) (err error) {
	write := false
	for _, s := range b.steps {
		write = write || e.translate(s.sql).write
	}
	tx, err := e.start(ctx, write)
	if err != nil {
		return err
	}
	finished := false
	defer func() {
		if finished {
			return
		}
		if rollbackErr := tx.rollback(context.WithoutCancel(ctx)); rollbackErr != nil && err != nil {
			err = fmt.Errorf("%w (and to roll back: %w)", err, rollbackErr)
		}
	}()
	err = tx.send(ctx, b)
	var reading *readError
	if err != nil && !errors.As(err, &reading) {
		return err
	}
	finished = true
	if commitErr := tx.commit(ctx); commitErr != nil {
		return commitErr
	}
	return err
}
