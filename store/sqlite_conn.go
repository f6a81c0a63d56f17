package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
)

// sqliteConn is one connection with the statements prepared on it; used by one
// goroutine at a time.
type sqliteConn struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	reading    bool // rows are open
}

// errRowsOpen is what pgx answers too; a statement run again under its own open
// rows would silently restart them.
var errRowsOpen = errors.New("store: rows of an earlier statement are still open")

func (c *sqliteConn) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if c.reading {
		return nil, errRowsOpen
	}
	if s := c.statements[text]; s != nil {
		return s, nil
	}
	s, err := c.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, sqliteError(err)
	}
	c.statements[text] = s
	return s, nil
}

func (c *sqliteConn) exec(ctx context.Context, text string, args []any) (int64, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, sqliteArguments(args)...)
	if err != nil {
		return 0, sqliteError(err)
	}
	n, err := result.RowsAffected()
	return n, sqliteError(err)
}

func (c *sqliteConn) query(ctx context.Context, text string, args []any) (*sqliteRows, error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, sqliteArguments(args)...) //nolint:rowserrcheck // the caller of the wrapper does both
	if err != nil {
		return nil, sqliteError(err)
	}
	c.reading = true
	return &sqliteRows{rows: rows, c: c}, nil
}

func (c *sqliteConn) close() {
	for _, s := range c.statements {
		_ = s.Close() // the connection goes with it
	}
	_ = c.conn.Close() // every commit is on the disk
}

// sqliteArguments keeps UUIDs as blobs of 16 bytes.
func sqliteArguments(args []any) []any {
	out := args
	for i, a := range args {
		if id, ok := a.([16]byte); ok {
			if &out[0] == &args[0] {
				out = append([]any(nil), args...)
			}
			out[i] = id[:]
		}
	}
	return out
}

type sqliteRows struct {
	rows    *sql.Rows
	c       *sqliteConn
	release func()
	closed  bool
	err     error
}

func (r *sqliteRows) Next() bool {
	if !r.closed && r.rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *sqliteRows) Scan(dest ...any) error {
	for i, d := range dest {
		switch to := d.(type) {
		case *time.Time:
			dest[i] = timeTarget{to}
		case *uuid.UUID:
			dest[i] = uuidTarget{(*[16]byte)(to)}
		case *[16]byte:
			dest[i] = uuidTarget{to}
		}
	}
	return sqliteError(r.rows.Scan(dest...))
}

func (r *sqliteRows) Err() error {
	if err := r.rows.Err(); err != nil {
		return sqliteError(err)
	}
	return r.err
}

// Close keeps the error of finishing: a RETURNING statement commits there.
func (r *sqliteRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.err = sqliteError(r.rows.Close())
	r.c.reading = false
	if r.release != nil {
		r.release()
	}
}

type sqliteTx struct {
	engine  *sqlite
	c       *sqliteConn
	release func()
}

func (t *sqliteTx) exec(ctx context.Context, statement string, args []any) (int64, error) {
	return t.c.exec(ctx, t.engine.translate(statement).text, args)
}

func (t *sqliteTx) query(ctx context.Context, statement string, args []any) (Rows, error) {
	rows, err := t.c.query(ctx, t.engine.translate(statement).text, args)
	if err != nil {
		return nil, err
	}
	return rows, nil
}
