package store

import (
	"cmp"
	"slices"
)

const (
	eventColumns   = `bucket, event_id, account_id, at, name, client_id, actor, request_id, data`
	journalColumns = eventColumns + `, lane, seq`
)

// scan reads eventColumns, and what more is given.
func (e *JournalEvent) scan(rows Rows, more ...any) error {
	return rows.Scan(append([]any{&e.Bucket, &e.ID, &e.AccountID, &e.At, &e.Name, &e.ClientID, &e.Actor, &e.RequestID, &e.Data}, more...)...)
}

// scanJournal reads journalColumns.
func scanJournal(rows Rows) ([]JournalEvent, error) {
	var all []JournalEvent
	for rows.Next() {
		var e JournalEvent
		if err := e.scan(rows, &e.Lane, &e.Seq); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

func sortBySeq(events []JournalEvent) {
	slices.SortFunc(events, func(a, b JournalEvent) int { return cmp.Compare(a.Seq, b.Seq) })
}

// scanEvents reads eventColumns.
func scanEvents(rows Rows) ([]JournalEvent, error) {
	var all []JournalEvent
	for rows.Next() {
		var e JournalEvent
		if err := e.scan(rows); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}
