package server

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The terms of the checks of readiness.
const (
	databaseWithin = 2 * time.Second
	keysFresh      = 30 * time.Second
	outboxStuck    = time.Minute
	// A clock that is off by more than clockOff cannot make tokens that services
	// believe; what is over clockDrifts will be soon.
	clockOff    = time.Minute
	clockDrifts = 5 * time.Second
)

// check is one of readiness. An error of degraded leaves the server ready.
type check struct {
	name   string
	within time.Duration
	run    func(ctx context.Context) error
	// failure is what everybody may know of it; the error is for the log.
	failure string
}

// degraded is an error that does not keep requests from being served.
type degraded struct{ reason string }

func (d *degraded) Error() string { return d.reason }

func (s *Server) checks() []check {
	return []check{
		{"database", databaseWithin, s.DB.Writable, "it does not answer, or takes no writes"},
		{"schema", databaseWithin, s.checkSchema, "it is not known to be of this version: vhod migrate --check tells"},
		{"keys", time.Second, s.checkKeys, "they were not read for so long that others may use keys unknown here"},
		{"clock", databaseWithin, s.checkClock, "it is not known to be right"},
		{"outbox", databaseWithin, s.checkOutbox, ""}, // never fails
	}
}

func (s *Server) checkSchema(ctx context.Context) error {
	current, err := s.DB.SchemaCurrent(ctx)
	if err == nil && !current {
		err = errors.New("migrations are missing")
	}
	return err
}

// checkKeys: keys are loaded, or there would be no server; they must be fresh too.
func (s *Server) checkKeys(context.Context) error {
	since := s.tasks.successes()[taskKeys].Truncate(time.Second)
	switch {
	case since >= s.Ring.Published():
		return fmt.Errorf("keys: not read for %s", since)
	case since >= keysFresh:
		return &degraded{fmt.Sprintf("not read for %s", since)}
	default:
		return nil
	}
}

// checkClock compares with the database's clock, which all instances share, and
// with what was written before. The sandbox's clock is moved on purpose.
func (s *Server) checkClock(ctx context.Context) error {
	now := s.Now()
	for _, key := range s.Ring.List() {
		if early := key.CreatedAt.Sub(now); early > clockOff {
			return fmt.Errorf("clock: a key is from %s ahead", early)
		}
	}
	if s.Sandbox {
		return nil
	}
	before := s.Now()
	theirs, ok, err := s.DB.Clock(ctx)
	if err != nil {
		return &degraded{"the database's cannot be asked"}
	}
	if !ok {
		return nil
	}
	after := s.Now()
	offset := before.Add(after.Sub(before) / 2).Sub(theirs)
	s.Metrics.Clock(offset)
	switch {
	case offset.Abs() > clockOff:
		return fmt.Errorf("clock: %s ahead of the database's", offset)
	case offset.Abs() > clockDrifts:
		return &degraded{fmt.Sprintf("%s ahead of the database's", offset.Truncate(time.Millisecond))}
	default:
		return nil
	}
}

// checkOutbox: messages that nobody sends are no reason to turn people away.
func (s *Server) checkOutbox(ctx context.Context) error {
	now := s.Now()
	since, err := s.DB.OutboxDue(ctx, now)
	if err != nil {
		return &degraded{"it cannot be read"}
	}
	if waited := now.Sub(since); !since.IsZero() && waited > outboxStuck {
		return &degraded{fmt.Sprintf("a message is due for %s and nobody sends it", waited.Truncate(time.Second))}
	}
	return nil
}
