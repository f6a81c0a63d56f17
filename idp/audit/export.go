package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"vhod/keys"
	"vhod/store"
)

// line is one line of an export: exactly one field is set. The first is the head,
// the last the end; anchors, and lane by lane seals with their events after each,
// are between.
type line struct {
	Head   *headLine   `json:"vhod_journal,omitempty"`
	Anchor *anchorLine `json:"anchor,omitempty"`
	Seal   *sealLine   `json:"seal,omitempty"`
	Event  *eventLine  `json:"event,omitempty"`
	End    *endLine    `json:"end,omitempty"`
}

// exportVersion is the version of the format.
const exportVersion = 1

type headLine struct {
	Version int       `json:"version"`
	At      time.Time `json:"exported_at"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	// Keys are the public keys of the anchors; compare their names with those that
	// the provider tells (vhod key list).
	Keys keys.AuditKeys `json:"keys"`
}

type anchorLine struct {
	Number int64  `json:"number"`
	Signed string `json:"signed"` // a compact JWS
}

type sealLine struct {
	Lane     laneID `json:"lane"`
	Number   int64  `json:"number"`
	Seq      int64  `json:"sequence"` // of its last event
	Previous []byte `json:"previous"`
	Hash     []byte `json:"hash"`
	Entries  []byte `json:"entries"` // of each event 16 bytes of id, 8 of time, 32 of hash
}

// eventLine is an event as it is kept, so that its hash can be worked out.
type eventLine struct {
	Lane      laneID    `json:"lane"`
	Seq       int64     `json:"sequence"`
	ID        uuid.UUID `json:"id"`
	Bucket    int16     `json:"bucket"`
	AccountID int64     `json:"oid"`
	At        int64     `json:"at"` // microseconds
	Name      string    `json:"name"`
	ClientID  string    `json:"client_id"`
	Actor     string    `json:"actor"`
	RequestID string    `json:"request_id"`
	Data      string    `json:"data"`
}

type endLine struct {
	Anchors int64 `json:"anchors"`
	Seals   int64 `json:"seals"`
	Events  int64 `json:"events"`
}

// exporter is the visitor that writes what it is shown.
type exporter struct {
	*checker
	to     *json.Encoder
	counts endLine
}

// Export writes what was sealed in a span of time as JSON lines that VerifyFile
// checks without the store, and reports what is wrong with it. What waits for its
// seal or its anchor is not in it: that is a minute at most.
func Export(ctx context.Context, db *store.DB, k keys.AuditKeys, now time.Time, span Span, w io.Writer) (*Report, error) {
	buffered := bufio.NewWriterSize(w, 1<<16)
	e := &exporter{checker: newChecker(k, span), to: json.NewEncoder(buffered)}
	e.to.SetEscapeHTML(false)
	if err := e.to.Encode(line{Head: &headLine{Version: exportVersion, At: now, From: span.From, To: span.To, Keys: k}}); err != nil {
		return nil, err
	}
	e.anchored = true
	if err := walk(ctx, db, e.checker, e); err != nil {
		return nil, err
	}
	if err := e.to.Encode(line{End: &e.counts}); err != nil {
		return nil, err
	}
	return &e.Report, buffered.Flush()
}

func (e *exporter) anchor(a store.Anchor) error {
	if err := e.checker.anchor(a); err != nil {
		return err
	}
	if e.counts.Anchors == 0 && !e.span.From.IsZero() && !a.SignedAt.After(e.span.From) {
		return nil
	}
	e.counts.Anchors++
	return e.to.Encode(line{Anchor: &anchorLine{Number: a.Number, Signed: a.Signed}})
}

func (e *exporter) sealed(s *store.Seal, events []store.JournalEvent) error {
	if err := e.checker.sealed(s, events); err != nil {
		return err
	}
	e.counts.Seals++
	seal := sealLine{Lane: laneID(s.Lane), Number: s.Number, Seq: s.Seq, Previous: s.Previous, Hash: s.Hash, Entries: s.Entries}
	if err := e.to.Encode(line{Seal: &seal}); err != nil {
		return err
	}
	for _, v := range events {
		e.counts.Events++
		if err := e.to.Encode(line{Event: &eventLine{
			Lane: laneID(v.Lane), Seq: v.Seq, ID: v.ID, Bucket: v.Bucket, AccountID: v.AccountID, At: v.At,
			Name: v.Name, ClientID: v.ClientID, Actor: v.Actor, RequestID: v.RequestID, Data: v.Data,
		}}); err != nil {
			return err
		}
	}
	return nil
}

func (l *eventLine) event() store.JournalEvent {
	return store.JournalEvent{
		Lane: int64(l.Lane), Seq: l.Seq, ID: l.ID, Bucket: l.Bucket, AccountID: l.AccountID, At: l.At,
		Name: l.Name, ClientID: l.ClientID, Actor: l.Actor, RequestID: l.RequestID, Data: l.Data,
	}
}

// errFile is a file that is no export.
func errFile(number int, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", number, fmt.Sprintf(format, args...))
}
