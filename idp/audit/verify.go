package audit

import (
	"context"
	"math"
	"slices"
	"time"

	"vhod/keys"
	"vhod/store"
)

// unsealedAfter is how long an event may wait for its seal.
const unsealedAfter = time.Minute

// How much is read at a time.
const (
	readAnchors = 1000
	readSeals   = 8
	readStrays  = 1000
)

// Verify goes through the journal of a store, or what was sealed in a span of
// time. anchor, when given, is the hash of an anchor that has to be there: one
// that was written down elsewhere. What is sealed meanwhile does no harm.
func Verify(ctx context.Context, db *store.DB, k keys.AuditKeys, now time.Time, span Span, anchor string) (*Report, error) {
	c := newChecker(k, span)
	c.wanted = anchor
	if err := walk(ctx, db, c, c); err != nil {
		return nil, err
	}
	waiting, err := db.WaitingEvents(ctx, now.Add(-unsealedAfter), maxProblems)
	for _, e := range waiting {
		c.add(Problem{Kind: Unsealed, Event: e.ID.String(), Detail: "it waits for its seal since " + time.UnixMicro(e.At).UTC().Format(time.RFC3339)})
	}
	return &c.Report, err
}

// walk shows a journal to a visitor, which shows it to the checker.
func walk(ctx context.Context, db *store.DB, c *checker, v visitor) error {
	for after := int64(math.MinInt64); ; {
		anchors, err := db.Anchors(ctx, after, readAnchors)
		if err != nil {
			return err
		}
		for _, a := range anchors {
			if err := v.anchor(a); err != nil {
				return err
			}
			after = a.Number
		}
		if len(anchors) < readAnchors {
			break
		}
	}
	c.anchorsDone()
	lanes, err := db.JournalLanes(ctx)
	if err != nil {
		return err
	}
	for lane := range c.marks {
		if !slices.Contains(lanes, int64(lane)) {
			lanes = append(lanes, int64(lane))
		}
	}
	slices.Sort(lanes)
	for _, lane := range lanes {
		if err := walkLane(ctx, db, c, v, lane); err != nil {
			return err
		}
	}
	return nil
}

func walkLane(ctx context.Context, db *store.DB, c *checker, v visitor, lane int64) error {
	head, err := db.LaneHead(ctx, lane) // before the seals, which may become more
	if err != nil {
		return err
	}
	after := c.begin(laneID(lane))
	for more := true; more; {
		seals, err := db.Seals(ctx, lane, after, readSeals)
		if err != nil {
			return err
		}
		more = len(seals) == readSeals
		for i := range seals {
			s := &seals[i]
			if s.Number > c.stop {
				more = false
				break
			}
			entries := int64(len(s.Entries) / entrySize)
			// One more than there should be is enough to tell that something was added.
			events, err := db.SealedEvents(ctx, lane, s.Seq-entries, s.Seq, int(entries)+maxProblems)
			if err != nil {
				return err
			}
			if err := v.sealed(s, events); err != nil {
				return err
			}
			after = s.Number
		}
	}
	c.end(head)
	first := c.began // after what was retired
	if !c.span.From.IsZero() {
		first = 0
	}
	before, err := db.SealedEvents(ctx, lane, math.MinInt64, first, readStrays)
	if err != nil {
		return err
	}
	past, err := db.EventsPastSeals(ctx, lane, readStrays)
	for _, e := range slices.Concat(before, past) {
		c.stray(&e)
	}
	return err
}
