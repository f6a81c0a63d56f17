package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is the engine for PostgreSQL; pgx prepares each statement once per
// connection.
type postgres struct {
	pool *pgxpool.Pool
	wait time.Duration
}

func openPostgres(ctx context.Context, c Config) (engine, error) {
	pc, err := pgxpool.ParseConfig(c.DSN)
	if err != nil {
		// The driver's message quotes the address, password included.
		return nil, errors.New("the PostgreSQL address cannot be read")
	}
	pc.MaxConns = int32(min(c.MaxConns, 10_000))
	if pc.ConnConfig.ConnectTimeout == 0 {
		pc.ConnConfig.ConnectTimeout = c.AcquireTimeout
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, postgresError(err)
	}
	e := &postgres{pool: pool, wait: c.AcquireTimeout}
	if err := e.ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return e, nil
}

func (e *postgres) name() string { return enginePostgres }
func (e *postgres) close()       { e.pool.Close() }

// acquire takes a connection, waiting no longer than configured.
func (e *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, e.wait)
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	return conn, postgresError(err)
}

func (e *postgres) ping(ctx context.Context) error {
	conn, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return postgresError(conn.Ping(ctx))
}

func (e *postgres) writable(ctx context.Context) error {
	conn, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var readOnly string
	if err := conn.QueryRow(ctx, `SELECT current_setting('transaction_read_only')`).Scan(&readOnly); err != nil {
		return postgresError(err)
	}
	if readOnly != "off" {
		return &engineError{kind: ErrUnavailable, text: "the database only reads"}
	}
	return nil
}

func (e *postgres) clock(ctx context.Context) (at time.Time, ok bool, err error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	defer conn.Release()
	err = conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&at)
	return at, err == nil, postgresError(err)
}

func (e *postgres) exec(ctx context.Context, sql string, args []any) (int64, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	tag, err := conn.Exec(ctx, sql, args...)
	return tag.RowsAffected(), postgresError(err)
}

func (e *postgres) query(ctx context.Context, sql string, args []any) (Rows, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		conn.Release()
		return nil, postgresError(err)
	}
	return &postgresRows{rows: rows, release: conn.Release}, nil
}

func (e *postgres) send(ctx context.Context, b *Batch) error {
	conn, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return sendPostgres(ctx, conn.SendBatch, b)
}

func (e *postgres) begin(ctx context.Context) (transaction, error) {
	conn, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		conn.Release()
		return nil, postgresError(err)
	}
	return &postgresTx{tx: tx, conn: conn}, nil
}

type postgresTx struct {
	tx   pgx.Tx
	conn *pgxpool.Conn
}

func (t *postgresTx) exec(ctx context.Context, sql string, args []any) (int64, error) {
	tag, err := t.tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), postgresError(err)
}

func (t *postgresTx) query(ctx context.Context, sql string, args []any) (Rows, error) {
	rows, err := t.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, postgresError(err)
	}
	return &postgresRows{rows: rows, release: func() {}}, nil
}

func (t *postgresTx) send(ctx context.Context, b *Batch) error {
	return sendPostgres(ctx, t.tx.SendBatch, b)
}

func (t *postgresTx) replan(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, "SET LOCAL plan_cache_mode = force_custom_plan")
	return postgresError(err)
}

func (t *postgresTx) commit(ctx context.Context) error {
	defer t.conn.Release()
	return postgresError(t.tx.Commit(ctx))
}

func (t *postgresTx) rollback(ctx context.Context) error {
	defer t.conn.Release()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return postgresError(t.tx.Rollback(ctx))
}

// sendPostgres sends all statements before one Sync, which makes them one
// implicit transaction (PostgreSQL protocol, "Pipelining").
func sendPostgres(ctx context.Context, send func(context.Context, *pgx.Batch) pgx.BatchResults, b *Batch) (err error) {
	queue := &pgx.Batch{}
	for _, s := range b.steps {
		queue.Queue(s.sql, s.args...)
	}
	results := send(ctx, queue)
	var reading error
	defer func() {
		if closeErr := results.Close(); closeErr != nil && err == nil {
			err = postgresError(closeErr)
		}
		if err == nil {
			err = reading
		}
	}()
	for i, s := range b.steps {
		if s.read == nil {
			tag, err := results.Exec()
			if err != nil {
				return fmt.Errorf("statement %d of the batch: %w", i+1, postgresError(err))
			}
			if s.count != nil {
				*s.count = tag.RowsAffected()
			}
			continue
		}
		rows, err := results.Query()
		if err != nil {
			return fmt.Errorf("statement %d of the batch: %w", i+1, postgresError(err))
		}
		readErr, err := s.consume(&postgresRows{rows: rows, release: func() {}})
		if err != nil {
			return fmt.Errorf("statement %d of the batch: %w", i+1, err)
		}
		if reading == nil {
			reading = readErr
		}
	}
	return nil
}

type postgresRows struct {
	rows    pgx.Rows
	release func() // once
}

func (r *postgresRows) Next() bool {
	if r.rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *postgresRows) Scan(dest ...any) error {
	for i, d := range dest {
		switch to := d.(type) {
		case *time.Time:
			dest[i] = timeTarget{to}
		case *uuid.UUID:
			dest[i] = (*[16]byte)(to)
		}
	}
	return postgresError(r.rows.Scan(dest...))
}

func (r *postgresRows) Err() error { return postgresError(r.rows.Err()) }

func (r *postgresRows) Close() {
	r.rows.Close()
	if r.release != nil {
		r.release()
		r.release = nil
	}
}
