package audit

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

const (
	// look is how long an event waits at most for its seal to begin.
	look = 500 * time.Millisecond
	// batchSize is how many events one seal chains at most.
	batchSize = 2000
	// anchorEvery is how long a seal waits at most for its anchor, and
	// anchorAfter how many events of one process.
	anchorEvery = time.Minute
	anchorAfter = 100_000
	// anchorLanes bounds the lanes that one anchor tells of; others are in the next.
	anchorLanes = 64
	// tendEvery is how often months are made ready and retired.
	tendEvery = 10 * time.Minute
	// lastSeal bounds what a stopping process still does.
	lastSeal = 5 * time.Second
)

// Sealer chains the events that wait, in a lane of its own, and signs anchors.
// Any number of processes may run one on the same store. The fields are set
// before Run and not changed after; its methods are for one goroutine.
type Sealer struct {
	DB   *store.DB
	Ring *keys.Ring
	Now  idp.Clock
	Log  *slog.Logger

	lane  *store.Lane // nil until there is something to seal
	since int         // events sealed since the last anchor of this process
	due   time.Time   // no anchor is due before
	tend  time.Time   // when months are looked at next
}

// Run seals until ctx ends, and then what is left, under a last anchor.
func (s *Sealer) Run(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSeal)
			defer cancel()
			s.warn(last, errors.Join(s.SealAll(last), s.Anchor(last)))
			return nil
		case <-ticker.C:
			s.warn(ctx, s.turn(ctx))
		}
	}
}

func (s *Sealer) warn(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "background", slog.String("task", "journal"), slog.String("error", err.Error()))
	}
}

// turn seals what waits and signs an anchor when one is due. Months come first:
// there must be one to seal into.
func (s *Sealer) turn(ctx context.Context) error {
	if !s.Now().Before(s.tend) {
		s.tend = s.Now().Add(tendEvery)
		s.warn(ctx, errors.Join(s.DB.AddPartitions(ctx, s.Now()), s.Retire(ctx)))
	}
	if err := s.SealAll(ctx); err != nil {
		return err
	}
	if s.since < anchorAfter && s.Now().Before(s.due) {
		return nil
	}
	last, err := s.DB.LastAnchor(ctx)
	if err != nil {
		return err
	}
	s.due = last.SignedAt.Add(anchorEvery)
	if s.since < anchorAfter && s.Now().Before(s.due) { // another process signed it
		return nil
	}
	return s.Anchor(ctx)
}

// SealAll seals all that waits, bucket by bucket when it is much.
func (s *Sealer) SealAll(ctx context.Context) error {
	if wait, err := s.DB.EventsWait(ctx); err != nil || !wait {
		return err
	}
	for first, width := idp.Bucket(0), idp.Bucket(idp.Buckets); first < idp.Buckets; {
		end := min(first+width, idp.Buckets)
		n, err := s.seal(ctx, store.Waiting{First: first, End: end, Limit: batchSize})
		switch {
		case err != nil:
			return err
		case n == batchSize: // there may be more of them
			width = max(1, width/8)
			continue
		case n < batchSize/4:
			width = min(2*width, idp.Buckets)
		}
		first = end
	}
	return nil
}

// seal seals one batch and tells how many events it was.
func (s *Sealer) seal(ctx context.Context, w store.Waiting) (int, error) {
	s.open()
	next, n, err := s.DB.SealEvents(ctx, *s.lane, w, s.Now(), s.chain)
	if err != nil {
		// Whether it was kept is not known when the answer was lost, and a database
		// set back to a backup has another lane than this process: a new lane is
		// right in every case.
		s.lane = nil
		return 0, fmt.Errorf("seal: %w", err)
	}
	s.lane, s.since = &next, s.since+n
	return n, nil
}

// open chooses a lane of its own.
func (s *Sealer) open() {
	if s.lane != nil {
		return
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails: it aborts the process instead
	id := int64(binary.BigEndian.Uint64(random[:]) >> 1)
	s.lane = &store.Lane{ID: id, Hash: origin(id)}
}

// chain makes the seal of events that follow the lane's last.
func (s *Sealer) chain(events []store.JournalEvent) store.Seal {
	entries := make([]byte, 0, len(events)*entrySize)
	for i := range events {
		entries = appendEntry(entries, &events[i])
	}
	return store.Seal{
		Lane: s.lane.ID, Number: s.lane.Seal + 1, Seq: s.lane.Seq + int64(len(events)),
		Previous: s.lane.Hash, Hash: chain(s.lane.Hash, entries), Entries: entries, SealedAt: s.Now(),
	}
}

// Anchor signs how far the lanes of all processes have come, also of those that
// have ended, unless nothing is new.
func (s *Sealer) Anchor(ctx context.Context) error {
	for {
		lanes, err := s.DB.LanesAhead(ctx, anchorLanes)
		if err != nil || len(lanes) == 0 {
			return err
		}
		for i, l := range lanes {
			if s.lane != nil && l.ID == s.lane.ID {
				lanes[i] = *s.lane // what was sealed, whatever the table says now
			}
		}
		switch err := s.sign(ctx, lanes, 0); {
		case errors.Is(err, store.ErrConflict): // another process was first
			return nil
		case err != nil:
			return err
		}
		s.since, s.due = 0, s.Now().Add(anchorEvery)
		if len(lanes) < anchorLanes {
			return nil
		}
	}
}

// sign keeps the anchor that follows the last one. It goes to the log, too: who
// can change the database cannot take back what was told elsewhere.
func (s *Sealer) sign(ctx context.Context, lanes []store.Lane, retired int64) error {
	last, err := s.DB.LastAnchor(ctx)
	if err != nil {
		return err
	}
	now := s.Now()
	next := statement{Anchor: last.Number + 1, At: now.UnixMicro(), Previous: []byte{}, Retired: retired, Lanes: []laneStatement{}}
	if last.Number > 0 {
		// As it stands: were it altered, its own signature would tell.
		next.Previous = anchorHash(last.Signed)
	}
	for _, l := range lanes {
		next.Lanes = append(next.Lanes, says(l))
	}
	payload, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	signed, err := s.Ring.SignAudit(payload)
	if err != nil {
		return err
	}
	if err := s.DB.AddAnchor(ctx, store.Anchor{Number: next.Anchor, Signed: signed, SignedAt: now}, lanes); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	s.Log.LogAttrs(ctx, slog.LevelInfo, "journal anchored", slog.Int64("anchor", next.Anchor), slog.String("hash", fmt.Sprintf("%x", anchorHash(signed))))
	return nil
}
