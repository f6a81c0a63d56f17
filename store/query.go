package store

import "context"

// Q runs statements: in the open transaction of the context it was made for,
// else each by itself.
type Q interface {
	// Exec runs a statement and tells how many rows it affected.
	Exec(ctx context.Context, sql string, args ...any) (affected int64, err error)
	// Query runs a statement and returns its rows, which the caller closes.
	Query(ctx context.Context, sql string, args ...any) (Rows, error)
	// QueryRow runs a statement of which at most the first row matters; the
	// error, ErrNotFound without a row, comes with Scan, which must be called.
	QueryRow(ctx context.Context, sql string, args ...any) Row
}

// Rows are the rows of a query. Within a transaction they must be closed before
// the next statement.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	// Err is the error that ended the rows, to be asked after Next said false.
	Err() error
	Close()
}

// Row is the first row of a query.
type Row interface {
	Scan(dest ...any) error
}

// Q is the open transaction of ctx, else the pool. Ask it anew wherever a
// statement runs: a write beside the open transaction would wait for the only
// writer of SQLite, which that transaction holds.
func (db *DB) Q(ctx context.Context) Q {
	if t := db.open(ctx); t != nil {
		return &querier{db: db, on: t.on, tx: t}
	}
	return &querier{db: db, on: db.engine}
}

type querier struct {
	db *DB
	on executor
	tx *openTx // nil outside a transaction
}

func (q *querier) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	if err := q.tx.usable(); err != nil {
		return 0, err
	}
	q.db.trip(ctx, 1)
	ended := q.db.begun(ctx, sql)
	n, err := q.on.exec(ctx, sql, arguments(args))
	ended(err)
	return n, q.tx.note(err)
}

func (q *querier) Query(ctx context.Context, sql string, args ...any) (Rows, error) {
	if err := q.tx.usable(); err != nil {
		return nil, err
	}
	q.db.trip(ctx, 1)
	ended := q.db.begun(ctx, sql)
	rows, err := q.on.query(ctx, sql, arguments(args))
	if err != nil {
		ended(err)
		return nil, q.tx.note(err)
	}
	if q.db.seen.Trip != nil {
		rows = &seenRows{Rows: rows, ended: ended}
	}
	if q.tx == nil {
		return rows, nil
	}
	return &txRows{Rows: rows, tx: q.tx}, nil
}

func (q *querier) QueryRow(ctx context.Context, sql string, args ...any) Row {
	rows, err := q.Query(ctx, sql, args...)
	return &firstRow{rows: rows, err: err}
}

// firstRow reads one row and drains the rest, so that an error met while a
// conditional write finishes is not lost.
type firstRow struct {
	rows Rows
	err  error
}

func (r *firstRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	return scanFirst(r.rows, dest)
}

func scanFirst(rows Rows, dest []any) error {
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return ErrNotFound
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	for rows.Next() {
		continue
	}
	return rows.Err()
}

// txRows tells the transaction when its statement failed late.
type txRows struct {
	Rows
	tx *openTx
}

func (r *txRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	_ = r.Err() // noted; the caller asks for it himself
	return false
}

func (r *txRows) Err() error { return r.tx.note(r.Rows.Err()) }

func (r *txRows) Close() {
	r.Rows.Close()
	_ = r.Err() // as above
}
