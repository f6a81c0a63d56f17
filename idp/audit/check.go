package audit

import (
	"bytes"
	"encoding/json"
	"fmt"

	"vhod/keys"
	"vhod/store"
)

// mark is what an anchor says of a lane.
type mark struct {
	anchor, at, seal, seq int64
	hash                  []byte
}

// visitor is shown a journal: its anchors, then lane by lane the seals with their
// events.
type visitor interface {
	anchor(a store.Anchor) error
	sealed(s *store.Seal, events []store.JournalEvent) error
}

// checker is the visitor that finds what is wrong.
type checker struct {
	Report
	keys keys.AuditKeys
	span Span
	// wanted is the hash of an anchor that has to be there; empty when any will do.
	wanted   string
	partial  bool // a file that begins in the middle: what was before is not known
	anchored bool // what no anchor tells of is left out
	previous []byte
	retired  int64
	marks    map[laneID][]mark

	lane    laneID
	at      mark   // how far the lane was followed
	began   int64  // the number of the last event before
	stop    int64  // the seal to end with
	awaited []mark // what anchors say of the lane from here on
}

func newChecker(k keys.AuditKeys, span Span) *checker {
	return &checker{keys: k, span: span, marks: map[laneID][]mark{}, Report: Report{Keys: []string{}, Problems: []Problem{}}}
}

// anchor takes the next anchor.
func (c *checker) anchor(a store.Anchor) error {
	c.Anchors++
	first, expected := c.LastAnchor == 0, c.LastAnchor+1
	if first && c.partial {
		expected = a.Number
	}
	if a.Number != expected {
		c.add(Problem{Kind: Anchors, Anchor: a.Number, Detail: fmt.Sprintf("anchors %d to %d before it are missing", expected, a.Number-1)})
	}
	said, kid, err := readAnchor(c.keys, a)
	before := c.previous
	c.previous = anchorHash(a.Signed)
	c.LastAnchor, c.LastHash = a.Number, fmt.Sprintf("%x", c.previous)
	if c.LastHash == c.wanted {
		c.wanted = ""
	}
	if err != nil {
		c.add(Problem{Kind: Signature, Anchor: a.Number, Detail: err.Error()})
		return nil
	}
	c.signedBy(kid)
	switch {
	case said.Anchor != a.Number:
		c.add(Problem{Kind: Anchors, Anchor: a.Number, Detail: fmt.Sprintf("it is number %d, put in this place", said.Anchor)})
	case a.Number == expected && (!first || !c.partial) && !bytes.Equal(said.Previous, before):
		c.add(Problem{Kind: Anchors, Anchor: a.Number, Detail: "it does not follow the anchor before it"})
	}
	c.retired = max(c.retired, said.Retired)
	for _, l := range said.Lanes {
		c.marks[l.Lane] = append(c.marks[l.Lane], mark{anchor: a.Number, at: said.At, seal: l.Seal, seq: l.Seq, hash: l.Hash})
	}
	return nil
}

// readAnchor checks the signature of an anchor and reads what it says.
func readAnchor(k keys.AuditKeys, a store.Anchor) (said statement, kid string, err error) {
	payload, kid, err := k.Verify(a.Signed)
	if err != nil {
		return said, kid, err
	}
	err = json.Unmarshal(payload, &said)
	return said, kid, err
}

// anchorsDone ends the anchors.
func (c *checker) anchorsDone() {
	if c.wanted != "" {
		c.add(Problem{Kind: Anchors, Detail: "there is no anchor with the hash " + c.wanted})
	}
}

// begin takes the next lane and tells after which seal to go on.
func (c *checker) begin(lane laneID) (after int64) {
	c.Lanes++
	c.lane = lane
	c.at, c.stop, c.awaited = c.span.bounds(c.marks[lane])
	if c.stop == unbounded && c.anchored {
		c.stop = c.at.seal
		if n := len(c.awaited); n > 0 {
			c.stop = c.awaited[n-1].seal
		}
	}
	if c.began = c.at.seq; c.at.seal == 0 {
		c.at.hash = origin(int64(lane))
	}
	return c.at.seal
}

// sealed takes the next seal of the lane with its events.
func (c *checker) sealed(s *store.Seal, events []store.JournalEvent) error {
	c.Seals++
	entries, ok := entriesOf(s)
	if s.Number != c.at.seal+1 {
		c.gap(s, len(entries))
	}
	if !ok || s.Seq != c.at.seq+int64(len(entries)) || !bytes.Equal(s.Previous, c.at.hash) || !bytes.Equal(chain(s.Previous, s.Entries), s.Hash) {
		c.add(Problem{Kind: Seals, Lane: c.lane.String(), Seq: c.at.seq + 1, Detail: fmt.Sprintf("seal %d was altered", s.Number)})
	}
	for len(c.awaited) > 0 && c.awaited[0].seal <= s.Number {
		if m := c.awaited[0]; m.seal == s.Number && (m.seq != s.Seq || !bytes.Equal(m.hash, s.Hash)) {
			c.add(Problem{Kind: Seals, Lane: c.lane.String(), Seq: s.Seq, Anchor: m.anchor, Detail: fmt.Sprintf("seal %d is not the one that the anchor signed", s.Number)})
		}
		c.awaited = c.awaited[1:]
	}
	c.events(c.at.seq, entries, events)
	c.at = mark{seal: s.Number, seq: s.Seq, hash: s.Hash}
	return nil
}

// gap goes on at a seal that is not the next: after those that were retired, or
// where a file begins; else something is missing.
func (c *checker) gap(s *store.Seal, entries int) {
	before := mark{seal: s.Number - 1, seq: s.Seq - int64(entries), hash: s.Previous}
	if c.at.seal == 0 {
		known := c.partial && (len(c.awaited) == 0 || c.awaited[0].seal >= s.Number)
		for _, m := range c.marks[c.lane] {
			if m.seal == before.seal && m.at <= c.retired {
				before.hash, before.seq, known = m.hash, m.seq, true
				c.Retired += m.seq
			}
		}
		if known {
			c.at, c.began = before, before.seq
			return
		}
	}
	c.add(Problem{Kind: Seals, Lane: c.lane.String(), Seq: c.at.seq + 1, Detail: fmt.Sprintf("seals %d to %d, up to the sequence %d, are missing", c.at.seal+1, s.Number-1, before.seq)})
	for len(c.awaited) > 0 && c.awaited[0].seal < s.Number {
		c.awaited = c.awaited[1:]
	}
	c.at = before
}

// events compares the events of a seal with its entries; the first follows seq.
func (c *checker) events(seq int64, entries []entry, events []store.JournalEvent) {
	place := make(map[[16]byte]int, len(entries))
	for i, e := range entries {
		place[e.id()] = i
	}
	seen := make([]bool, len(entries))
	for i := range events {
		e := &events[i]
		c.Events++
		at, known := place[e.ID]
		if !known || seen[at] || e.Lane != int64(c.lane) {
			c.event(Added, e.ID, c.lane, e.Seq, "it was never sealed there")
			continue
		}
		seen[at] = true
		if sum := digest(e); !bytes.Equal(sum[:], entries[at].digest()) {
			c.event(Changed, e.ID, c.lane, e.Seq, "it is not as it was sealed")
		}
		if want := seq + int64(at) + 1; e.Seq != want {
			c.event(Reordered, e.ID, c.lane, e.Seq, fmt.Sprintf("it was sealed at the sequence %d", want))
		}
	}
	for i, e := range entries {
		switch {
		case seen[i]:
		case e.at() < c.retired:
			c.Retired++
		default:
			c.event(Deleted, e.id(), c.lane, seq+int64(i)+1, "it was sealed and is gone")
		}
	}
}

// stray takes an event of the lane that no seal covers.
func (c *checker) stray(e *store.JournalEvent) {
	if e.At < c.retired { // its seal may be retired before it
		return
	}
	c.event(Added, e.ID, c.lane, e.Seq, "no seal covers it")
}

// end ends the lane: it must have come as far as the anchors say, and as it says
// itself.
func (c *checker) end(head store.Lane) {
	if len(c.awaited) == 0 {
		if c.stop == unbounded && head.Seal > c.at.seal {
			c.add(Problem{Kind: Tail, Lane: c.lane.String(), Seq: c.at.seq + 1, Detail: fmt.Sprintf("the lane tells of events up to the sequence %d, seals end before", head.Seq)})
		}
		return
	}
	last := c.awaited[len(c.awaited)-1]
	if c.at.seal == 0 && last.at <= c.retired {
		c.Retired += last.seq
		return
	}
	c.add(Problem{Kind: Tail, Lane: c.lane.String(), Seq: c.at.seq + 1, Anchor: last.anchor, Detail: fmt.Sprintf("the anchor tells of events up to the sequence %d, seals end before", last.seq)})
}
