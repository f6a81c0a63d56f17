package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// The bounds of moving the sandbox's clock.
const (
	maxAdvance = 400 * 24 * time.Hour
	maxOffset  = 10 * 365 * 24 * time.Hour
)

var errClock = errors.New("the clock moves forward only, by at most 9600h at once and ten years altogether")

// clock is the machine's clock and an offset that grows: the sandbox's.
type clock struct {
	file string // where the offset is kept, so that a restart does not go back in time

	mu     sync.RWMutex
	offset time.Duration
}

// openClock reads the offset kept in a file; none is no offset.
func openClock(file string) (*clock, error) {
	c := &clock{file: file}
	text, err := readBounded(file, 64)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	} else if err != nil {
		return nil, fmt.Errorf("clock: %w", err)
	}
	offset, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil || offset < 0 || offset > maxOffset {
		return nil, fmt.Errorf("clock: %s holds no offset", file)
	}
	c.offset = offset
	return c, nil
}

// Now tells the time, in UTC.
func (c *clock) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return time.Now().Add(c.offset).UTC()
}

// Offset tells how far ahead of the machine's clock it is.
func (c *clock) Offset() time.Duration {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.offset
}

// Advance moves the clock forward; errClock when the step is not within bounds.
func (c *clock) Advance(by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if by <= 0 || by > maxAdvance || c.offset+by > maxOffset {
		return errClock
	}
	if c.file != "" {
		if err := os.WriteFile(c.file, []byte((c.offset+by).String()+"\n"), 0o600); err != nil {
			return fmt.Errorf("clock: %w", err)
		}
	}
	c.offset += by
	return nil
}

// set takes an offset over from the process that owns the clock.
func (c *clock) set(offset time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = max(c.offset, offset)
}
