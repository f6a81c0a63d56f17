package store

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// micros is a time as stored: microseconds since 1970 UTC, zero for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// fromMicros reads a stored time, in UTC.
func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// arguments makes Go values what both engines store alike: times become
// microseconds, UUIDs 16 bytes, and nil bytes empty ones (no column is NULL).
func arguments(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case time.Time:
			args[i] = micros(v)
		case uuid.UUID:
			args[i] = [16]byte(v)
		case []byte:
			if v == nil {
				args[i] = []byte{}
			}
		}
	}
	return args
}

// timeTarget scans microseconds into a time.
type timeTarget struct{ to *time.Time }

// Scan implements sql.Scanner.
func (t timeTarget) Scan(src any) error {
	us, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as BIGINT, found %T", src)
	}
	*t.to = fromMicros(us)
	return nil
}

// uuidTarget scans the 16 bytes that SQLite keeps of a UUID.
type uuidTarget struct{ to *[16]byte }

// Scan implements sql.Scanner.
func (t uuidTarget) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(t.to) {
		return fmt.Errorf("a UUID is stored as 16 bytes, found %T", src)
	}
	copy(t.to[:], b)
	return nil
}
