package audit

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// The kinds of what can be wrong with the journal.
const (
	Changed   = "changed"   // an event is not as it was sealed
	Deleted   = "deleted"   // an event was sealed and is gone
	Reordered = "reordered" // an event is not in its place
	Added     = "added"     // an event is in the journal that was never sealed
	Seals     = "seals"     // what chains the events was altered or is gone
	Tail      = "tail"      // an anchor tells of more than there is
	Anchors   = "anchors"   // an anchor is gone, not in its place, or not the one that is looked for
	Signature = "signature" // an anchor is not signed by a key of the provider
	Unsealed  = "unsealed"  // an event waits for its seal for more than a minute
)

// Problem is something wrong with the journal.
type Problem struct {
	Kind   string `json:"kind"`
	Event  string `json:"event,omitempty"`
	Lane   string `json:"lane,omitempty"`
	Seq    int64  `json:"sequence,omitempty"`
	Anchor int64  `json:"anchor,omitempty"`
	Detail string `json:"detail"`
}

// String tells the problem in one line.
func (p Problem) String() string {
	text := p.Kind + ": " + p.Detail
	if p.Event != "" {
		text += ", event " + p.Event
	}
	if p.Lane != "" {
		text += ", lane " + p.Lane
	}
	if p.Seq != 0 {
		text += fmt.Sprintf(", sequence %d", p.Seq)
	}
	if p.Anchor != 0 {
		text += fmt.Sprintf(", anchor %d", p.Anchor)
	}
	return text
}

// maxProblems is how many problems a report names; it counts the rest.
const maxProblems = 1000

// Report is what a check of the journal found.
type Report struct {
	Lanes   int   `json:"lanes"`
	Seals   int64 `json:"seals"`
	Events  int64 `json:"events"`
	Retired int64 `json:"retired"` // events removed on purpose, after the term of the journal
	Anchors int64 `json:"anchors"`
	// LastAnchor is the newest anchor, with its hash as the server's log has it.
	LastAnchor int64  `json:"last_anchor"`
	LastHash   string `json:"last_hash"`
	// Keys are the names of the keys that signed.
	Keys     []string  `json:"keys"`
	Wrong    int64     `json:"wrong"`
	Problems []Problem `json:"problems"` // the first thousand
}

func (r *Report) add(p Problem) {
	if r.Wrong++; len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, p)
	}
}

func (r *Report) event(kind string, id uuid.UUID, lane laneID, seq int64, detail string) {
	r.add(Problem{Kind: kind, Event: id.String(), Lane: lane.String(), Seq: seq, Detail: detail})
}

func (r *Report) signedBy(kid string) {
	if !slices.Contains(r.Keys, kid) {
		r.Keys = append(r.Keys, kid)
	}
}
