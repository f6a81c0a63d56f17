package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"vhod/idp"
	"vhod/store"
)

type auditSearchCommand struct {
	target
	period
	OID    string `name:"oid" placeholder:"NUMBER" help:"Of this account."`
	Name   string `placeholder:"EVENT" help:"Of this name, such as login.failed."`
	Client string `placeholder:"ID" help:"Through this service."`
	Limit  int    `default:"100" help:"How many at most, the newest first; up to 10000."`
}

// eventAnswer is an event as operators see it.
type eventAnswer struct {
	ID        string          `json:"id"`
	At        time.Time       `json:"at"`
	Name      string          `json:"name"`
	OID       string          `json:"oid,omitempty"`
	Client    string          `json:"client,omitempty"`
	Actor     string          `json:"actor"`
	RequestID string          `json:"request_id,omitempty"`
	Data      json.RawMessage `json:"data"`
	Lane      string          `json:"lane,omitempty"`     // none before it is sealed
	Sequence  int64           `json:"sequence,omitempty"` // in its lane
}

// Run finds events. That somebody looked is kept before anything is shown, among
// the events of the account that was looked for.
func (c auditSearchCommand) Run(p *process) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	look, err := s.event(idp.EventJournalSearched, f.OID, f.ClientID, c.told(map[string]string{"name": c.Name}))
	if err != nil {
		return err
	}
	if err := s.db.Write(p.ctx, look); err != nil {
		return fmt.Errorf("nothing is shown, as the journal could not be written: %w", err)
	}
	events, err := s.db.Events(p.ctx, f)
	if err != nil {
		return err
	}
	answers := []eventAnswer{}
	var rows [][]string
	for _, e := range events {
		a := answerOf(e)
		answers = append(answers, a)
		rows = append(rows, []string{at(a.At), a.Name, a.OID, a.Client, a.Actor, a.RequestID, string(a.Data), a.Lane, strconv.FormatInt(a.Sequence, 10), a.ID})
	}
	return p.printTable(answers, []string{"TIME", "NAME", "OID", "SERVICE", "ACTOR", "REQUEST", "DATA", "LANE", "SEQUENCE", "ID"}, rows)
}

func (c auditSearchCommand) filter() (store.EventFilter, error) {
	f := store.EventFilter{Name: idp.EventName(c.Name), ClientID: c.Client, Limit: c.Limit}
	span, err := c.span()
	if err != nil {
		return f, err
	}
	f.From, f.To = span.From, span.To
	if c.Limit < 1 || c.Limit > 10_000 {
		return f, usage("--limit must be 1 to 10000")
	}
	if c.OID != "" {
		n, err := strconv.ParseInt(c.OID, 10, 64)
		if err != nil || idp.OID(n) < idp.MinOID || idp.OID(n) >= idp.MaxOID {
			return f, usage("--oid: %q is no number of an account", c.OID)
		}
		f.OID = idp.OID(n)
	}
	return f, nil
}

// told are facts for the journal: what is given, and the period.
func (p period) told(data map[string]string) map[string]string {
	for name, t := range map[string]time.Time{"from": p.From.Time, "to": p.To.Time} {
		if !t.IsZero() {
			data[name] = t.UTC().Format(time.RFC3339)
		}
	}
	for name, value := range data {
		if value == "" {
			delete(data, name)
		}
	}
	return data
}

func answerOf(e store.JournalEvent) eventAnswer {
	a := eventAnswer{
		ID: e.ID.String(), At: time.UnixMicro(e.At).UTC(), Name: e.Name, Client: e.ClientID, Actor: e.Actor, RequestID: e.RequestID,
		Data: json.RawMessage(e.Data), Sequence: e.Seq,
	}
	if e.AccountID != 0 {
		a.OID = strconv.FormatInt(e.AccountID, 10)
	}
	if e.Lane != 0 {
		a.Lane = fmt.Sprintf("%016x", e.Lane)
	}
	if !json.Valid(a.Data) { // what was put there by hand is shown all the same
		a.Data, _ = json.Marshal(e.Data) //nolint:errchkjson // a string
	}
	return a
}
