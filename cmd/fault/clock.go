package main

import (
	"context"
	"time"
)

// stepClock moves the provider's clock forward and back by less than what people and
// services are given, and to where it was.
func stepClock(ctx context.Context, s *stage) (time.Time, string, error) {
	for _, offset := range []time.Duration{2 * time.Minute, -2 * time.Minute, 0} {
		if err := s.control.say("clock %s", offset); err != nil {
			return time.Time{}, "", err
		}
		if offset != 0 {
			pause(ctx, 3*time.Second)
		}
	}
	return time.Now(), "2m forward, 4m back, and right again: the clock that the server is given", nil
}
