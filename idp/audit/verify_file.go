package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"vhod/store"
)

const (
	// maxLine bounds a line of an export: the entries of a seal are the longest.
	maxLine = 16 << 20
	// maxSealed bounds the events after one seal.
	maxSealed = 1 << 20
)

// file is an export that is being checked.
type file struct {
	*checker
	number int
	ended  bool
	lanes  map[laneID]bool
	seal   *store.Seal // whose events are being read
	events []store.JournalEvent
	counts endLine
}

// VerifyFile checks what Export wrote, by the public keys in it: whether they are
// the provider's is for the reader to compare. An error says that it is no export.
func VerifyFile(r io.Reader, anchor string) (*Report, error) {
	f := &file{lanes: map[laneID]bool{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	for lines.Scan() {
		f.number++
		var l line
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			return nil, errFile(f.number, "it is no line of an export: %v", err)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return nil, errFile(f.number, "it is more than one")
		}
		if err := f.take(l, anchor); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, errFile(f.number+1, "%v", err)
	}
	if f.checker == nil {
		return nil, errFile(1, "the file is empty")
	}
	f.finish()
	return &f.Report, nil
}

func (f *file) take(l line, anchor string) error {
	switch {
	case f.number == 1 && l.Head != nil && l.Head.Version == exportVersion:
		f.checker = newChecker(l.Head.Keys, Span{From: l.Head.From, To: l.Head.To})
		f.wanted, f.partial, f.anchored = anchor, !l.Head.From.IsZero(), true
	case f.number == 1 || l.Head != nil:
		return errFile(f.number, "an export begins with vhod_journal of version %d", exportVersion)
	case f.ended:
		return errFile(f.number, "something follows the end")
	case l.Anchor != nil && len(f.lanes) == 0:
		f.counts.Anchors++
		return f.anchor(store.Anchor{Number: l.Anchor.Number, Signed: l.Anchor.Signed})
	case l.Seal != nil:
		return f.next(l.Seal)
	case l.Event != nil && f.seal != nil && len(f.events) < maxSealed:
		f.counts.Events++
		f.events = append(f.events, l.Event.event())
	case l.End != nil:
		f.ended = true
		if *l.End != f.counts {
			f.add(Problem{Kind: Tail, Detail: "lines are missing, or too many: their number is not that of the end"})
		}
	default:
		return errFile(f.number, "it is out of place")
	}
	return nil
}

// next ends the seal before and begins one.
func (f *file) next(l *sealLine) error {
	if err := f.flush(); err != nil {
		return err
	}
	if len(f.lanes) == 0 {
		f.anchorsDone()
	}
	if len(f.lanes) == 0 || f.lane != l.Lane {
		if f.lanes[l.Lane] {
			return errFile(f.number, "the lane %s again", l.Lane)
		}
		if len(f.lanes) > 0 {
			f.end(store.Lane{})
		}
		f.lanes[l.Lane] = true
		f.begin(l.Lane)
	}
	f.counts.Seals++
	f.seal = &store.Seal{Lane: int64(l.Lane), Number: l.Number, Seq: l.Seq, Previous: l.Previous, Hash: l.Hash, Entries: l.Entries}
	return nil
}

// flush checks the seal whose events were read.
func (f *file) flush() error {
	if f.seal == nil {
		return nil
	}
	s, events := f.seal, f.events
	f.seal, f.events = nil, nil
	// In their order, as a store gives them; another lane's are in no seal of this one.
	slices.SortStableFunc(events, func(a, b store.JournalEvent) int { return int(min(max(a.Seq-b.Seq, -1), 1)) })
	return f.sealed(s, events)
}

// finish checks that nothing is missing at the end.
func (f *file) finish() {
	_ = f.flush() // a checker does not fail
	if len(f.lanes) == 0 {
		f.anchorsDone()
	} else {
		f.end(store.Lane{})
	}
	for lane := range f.marks {
		if !f.lanes[lane] {
			f.begin(lane)
			f.end(store.Lane{})
		}
	}
	if !f.ended {
		f.add(Problem{Kind: Tail, Detail: "the file has no end: it was cut off"})
	}
}
