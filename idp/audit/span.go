package audit

import (
	"math"
	"time"
)

// Span is a part of the journal by time; a zero end leaves it open. What was
// sealed about its ends is in it, too: it goes from anchor to anchor.
type Span struct {
	From, To time.Time
}

// unbounded is the end of a span that has none.
const unbounded = math.MaxInt64

// bounds tells after which seal of a lane the span begins, with which it ends, and
// what anchors say of the lane between.
func (s Span) bounds(marks []mark) (start mark, stop int64, between []mark) {
	for i, m := range marks {
		if !s.From.IsZero() && m.at <= s.From.UnixMicro() {
			start, between = m, nil // clocks of processes differ a little
			continue
		}
		between = append(between, marks[i])
		if !s.To.IsZero() && m.at >= s.To.UnixMicro() {
			return start, m.seal, between
		}
	}
	return start, unbounded, between
}
