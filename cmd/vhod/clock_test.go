package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestClockMovesForwardOnly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "clock")
	c, err := openClock(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(c.Now()); d < -time.Second || d > time.Second {
		t.Errorf("a new clock is off by %s", d)
	}
	for _, step := range []time.Duration{0, -time.Second, maxAdvance + 1} {
		if err := c.Advance(step); !errors.Is(err, errClock) {
			t.Errorf("advance by %s: %v", step, err)
		}
	}
	if err := c.Advance(25 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if d := time.Until(c.Now()); d < 25*time.Hour-time.Second || d > 25*time.Hour {
		t.Errorf("the clock is %s ahead, want 25h", d)
	}
	again, err := openClock(file)
	if err != nil || again.Offset() != 25*time.Hour {
		t.Errorf("after a restart %s ahead (%v), want 25h", again.Offset(), err)
	}
	for err == nil {
		err = c.Advance(maxAdvance)
	}
	if !errors.Is(err, errClock) || c.Offset() > maxOffset {
		t.Errorf("the clock ends at %s with %v", c.Offset(), err)
	}
}

func TestClockFollowsWithoutGoingBack(t *testing.T) {
	t.Parallel()
	c := &clock{}
	c.set(time.Hour)
	c.set(time.Minute)
	if c.Offset() != time.Hour {
		t.Errorf("%s ahead, want 1h", c.Offset())
	}
}

func TestClockFileIsChecked(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "soon", "-1h", "99999999h", "1h 2h"} {
		file := filepath.Join(t.TempDir(), "clock")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openClock(file); err == nil {
			t.Errorf("%q was taken for an offset", text)
		}
	}
}
