package store

import (
	"context"
	"errors"
	"strings"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// errNoTransaction: SQLite rolled back by itself, as it does on a full disk.
var errNoTransaction = errors.New("no transaction is active")

// sqliteError gives a driver's error its meaning.
func sqliteError(err error) error {
	if err == nil {
		return nil
	}
	e := &engineError{cause: err, text: withoutValues(err.Error())}
	var known *engineError
	var lite *driver.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &lite):
		sqliteMeaning(e, lite)
	case errors.Is(err, context.Canceled):
		e.text = "the caller has gone"
	case errors.Is(err, context.DeadlineExceeded):
		e.kind = ErrUnavailable
	}
	return e
}

func sqliteMeaning(e *engineError, lite *driver.Error) {
	switch lite.Code() {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY, codes.SQLITE_CONSTRAINT_ROWID:
		// "… UNIQUE constraint failed: session.bucket, session.session_id (1555)"
		e.kind = ErrConflict
		_, columns, _ := strings.Cut(e.text, "UNIQUE constraint failed: ")
		e.table, _, _ = strings.Cut(columns, ".")
		return
	case codes.SQLITE_CONSTRAINT_CHECK:
		if strings.Contains(e.text, "CHECK constraint failed: guard_holds") {
			e.kind = ErrStale
		}
		return
	}
	switch lite.Code() & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_FULL, codes.SQLITE_IOERR,
		codes.SQLITE_CANTOPEN, codes.SQLITE_NOMEM, codes.SQLITE_PROTOCOL, codes.SQLITE_INTERRUPT:
		e.kind = ErrUnavailable
	case codes.SQLITE_ERROR:
		if strings.Contains(e.text, errNoTransaction.Error()) {
			e.cause = errNoTransaction
		}
	}
}
