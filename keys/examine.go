package keys

import (
	"context"
	"fmt"
	"time"
)

// Standing is how the keys of one use and algorithm stand.
type Standing struct {
	Use    Use       `json:"use"`
	Alg    string    `json:"alg"`
	Active string    `json:"active,omitempty"` // the name of the key in use
	Until  time.Time `json:"until,omitzero"`   // when its period ends; zero is never
	// Late tells that the next key should have been there by now: no server tends
	// the ring.
	Late bool `json:"late"`
	// Sealed are the names of keys that the key-encryption keys do not open.
	Sealed []string `json:"sealed,omitempty"`
}

// Examine looks at the keys as a ring would take them in, and changes nothing.
func Examine(ctx context.Context, config Config) ([]Standing, error) {
	terms, err := config.Terms.complete()
	if err != nil {
		return nil, err
	}
	slots, err := config.slots()
	if err != nil {
		return nil, err
	}
	records, err := config.Storage.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("keys: read: %w", err)
	}
	now := config.Now()
	all := make([]Standing, 0, len(slots))
	for _, s := range slots {
		standing := Standing{Use: s.use, Alg: s.alg}
		ofSlot := ofSlot(records, s)
		next := false
		for _, record := range ofSlot {
			next = next || record.pending(now)
			if record.expired(now) {
				continue
			}
			if _, err := open(config.KEK, record); err != nil {
				standing.Sealed = append(standing.Sealed, record.KID)
			}
		}
		if current, ok := active(ofSlot, itself, now); ok {
			standing.Active = current.KID
			if s.use != UseIndex {
				standing.Until = current.ActivateAt.Add(terms.Period)
				// A running server makes it within seconds.
				standing.Late = !next && now.After(standing.Until.Add(-terms.Publish/2))
			}
		}
		all = append(all, standing)
	}
	return all, nil
}
