package store

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// postgresError gives a driver's error its meaning.
func postgresError(err error) error {
	if err == nil {
		return nil
	}
	e := &engineError{cause: err}
	var pg *pgconn.PgError
	var known *engineError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &pg):
		e.text = pg.Message + " (SQLSTATE " + pg.Code + ")"
		switch {
		case pg.Code == "23505": // unique_violation
			e.kind, e.table = ErrConflict, pg.TableName
		case pg.Code == "23514" && pg.TableName == "guard": // check_violation
			e.kind = ErrStale
		case postgresDown(pg.Code):
			e.kind = ErrUnavailable
		case pg.Code[:2] == "22": // data_exception, quotes the value
			e.text = "data exception (SQLSTATE " + pg.Code + ")"
		}
	case errors.Is(err, context.Canceled):
		e.text = "the caller has gone"
	case outsideServer(err):
		e.kind, e.text = ErrUnavailable, withoutValues(err.Error())
	default:
		e.text = withoutValues(err.Error())
	}
	return e
}

// postgresDown tells the SQLSTATEs after which the same request may succeed later.
func postgresDown(code string) bool {
	switch code[:2] {
	case "08", // connection exception
		"53", // insufficient resources: connections, disk, memory
		"57", // operator intervention: shutdown, cancel, statement timeout
		"58": // system error
		return true
	}
	switch code {
	case "40001", "40P01", // serialization failure, deadlock
		"55P03", // lock not available
		"25006": // read-only: this server is now a replica
		return true
	}
	return false
}

// outsideServer tells errors of the way to the server: no connection, a lost
// one, a wait that took too long.
func outsideServer(err error) bool {
	var connecting *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connecting) || errors.As(err, &network) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, puddle.ErrClosedPool) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		pgconn.SafeToRetry(err)
}
