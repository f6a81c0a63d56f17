package store

import (
	"errors"
	"strings"
)

// What a caller may tell apart by errors.Is; everything else is a defect.
var (
	// ErrNotFound: no row, of a read or of a conditional change.
	ErrNotFound = errors.New("store: no such row")
	// ErrConflict: a unique key is taken. ConflictTable tells whose.
	ErrConflict = errors.New("store: already exists")
	// ErrStale: a condition required by a batch did not hold; nothing was kept.
	ErrStale = errors.New("store: the state has changed")
	// ErrUnavailable: the database cannot be reached, is full, busy or too slow.
	// The same request may succeed later (RFC 9110 §15.6.4, status 503).
	ErrUnavailable = errors.New("store: the database is unavailable")
)

// engineError is an engine's error with its meaning. Its text holds no values of
// statements, which may be personal; the cause may, and is for errors.As alone.
type engineError struct {
	kind  error // one of the above, nil for a defect
	table string
	text  string
	cause error
}

func (e *engineError) Error() string {
	if e.kind == nil {
		return "store: " + e.text
	}
	return e.kind.Error() + ": " + e.text
}

func (e *engineError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.cause}
	}
	return []error{e.kind, e.cause}
}

// ConflictTable is the table whose unique key made an ErrConflict, else "".
func ConflictTable(err error) string {
	var e *engineError
	if errors.As(err, &e) {
		return e.table
	}
	return ""
}

// withoutValues cuts what the drivers append to their messages when a value
// does not fit: the value itself.
func withoutValues(text string) string {
	for _, mark := range []string{": unable to encode ", ": converting ", ": unsupported Scan"} {
		if head, _, found := strings.Cut(text, mark); found {
			return head + ": the value does not fit the type"
		}
	}
	return text
}
