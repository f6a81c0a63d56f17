package audit

import (
	"context"
	"errors"
	"time"

	"vhod/store"
)

const (
	// keep is how long events stay at least: twelve months (R-OPS-2).
	keep = 366 * 24 * time.Hour
	// keepSeals is how much longer their seals do, so that clocks that differ do no
	// harm.
	keepSeals = 24 * time.Hour
	// retireBack is how far before that anchors are looked at for the ends of lanes:
	// months are retired one at a time.
	retireBack = 100 * 24 * time.Hour
)

// Retire removes the months that have been kept for their term. An anchor says so
// first: what is gone without one was not removed by the provider.
func (s *Sealer) Retire(ctx context.Context) error {
	old := s.Now().Add(-keep).UTC()
	before := time.Date(old.Year(), old.Month(), 1, 0, 0, 0, 0, time.UTC)
	if there, err := s.DB.JournalBefore(ctx, before); err != nil || !there {
		return err
	}
	switch err := s.sign(ctx, nil, before.UnixMicro()); {
	case errors.Is(err, store.ErrConflict): // another process was first; the next look finishes what it leaves
		return nil
	case err != nil:
		return err
	}
	sealed, err := s.sealedThrough(ctx, before.Add(-keepSeals))
	if err != nil {
		return err
	}
	for _, l := range sealed {
		if s.lane != nil && l.ID == s.lane.ID && l.Seal == s.lane.Seal {
			s.lane = nil // it ends here
		}
	}
	return s.DB.RetireJournal(ctx, before, sealed)
}

// sealedThrough tells how far each lane had come at a moment, by its anchors.
func (s *Sealer) sealedThrough(ctx context.Context, moment time.Time) ([]store.Lane, error) {
	anchors, err := s.DB.AnchorsBetween(ctx, moment.Add(-retireBack), moment)
	if err != nil {
		return nil, err
	}
	last, order := map[laneID]store.Lane{}, []laneID{}
	for _, a := range anchors {
		said, _, err := readAnchor(s.Ring.AuditKeys(), a)
		if err != nil {
			continue // its seals stay, for verify to tell
		}
		for _, l := range said.Lanes {
			if _, known := last[l.Lane]; !known {
				order = append(order, l.Lane)
			}
			last[l.Lane] = store.Lane{ID: int64(l.Lane), Seal: l.Seal, Seq: l.Seq, Hash: l.Hash}
		}
	}
	var all []store.Lane
	for _, id := range order {
		all = append(all, last[id])
	}
	return all, nil
}
