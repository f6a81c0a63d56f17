package audit

import (
	"crypto/sha256"
	"fmt"
	"strconv"

	"vhod/store"
)

// statement is what an anchor says, signed by the provider's audit key.
type statement struct {
	Anchor int64 `json:"anchor"` // from 1, without gaps
	At     int64 `json:"at"`     // microseconds
	// Previous is the hash of the signed anchor before, empty in the first.
	Previous []byte `json:"previous"`
	// Retired: events before this moment (microseconds) were removed on purpose.
	Retired int64 `json:"retired"`
	// Lanes that have gone on since the anchors before.
	Lanes []laneStatement `json:"lanes"`
}

// laneStatement tells the last seal of a lane.
type laneStatement struct {
	Lane laneID `json:"lane"`
	Seal int64  `json:"seal"`
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
}

// laneID is the random name of a lane; JavaScript's numbers would round it.
type laneID int64

// String writes it as people see it.
func (l laneID) String() string { return fmt.Sprintf("%016x", uint64(l)) }

// MarshalText implements encoding.TextMarshaler.
func (l laneID) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *laneID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 64)
	if err != nil {
		return fmt.Errorf("%q is no lane", text)
	}
	*l = laneID(n)
	return nil
}

// anchorHash is what the next anchor says of this one.
func anchorHash(signed string) []byte {
	sum := sha256.Sum256([]byte(signed))
	return sum[:]
}

func says(l store.Lane) laneStatement {
	return laneStatement{Lane: laneID(l.ID), Seal: l.Seal, Seq: l.Seq, Hash: l.Hash}
}
