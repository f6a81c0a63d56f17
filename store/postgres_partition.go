package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// partitionsAhead is how many months after the present one have their partitions
// before anything is written to them.
const partitionsAhead = 2

// partitionPrefix begins the names of the journal's months: journal_202611.
const partitionPrefix = "journal_"

// partitionMonth is the layout of the rest of the name.
const partitionMonth = "200601"

// month is the beginning of a moment's month, in UTC.
func month(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// addPartitions makes a month's partition unless events of that month are in the
// default one already: there they stay, and go row by row.
func (e *postgres) addPartitions(ctx context.Context, now time.Time) error {
	there, err := e.partitions(ctx)
	if err != nil {
		return err
	}
	for i := range partitionsAhead + 1 {
		from := month(now).AddDate(0, i, 0)
		if slices.ContainsFunc(there, from.Equal) {
			continue
		}
		if err := e.addPartition(ctx, from, from.AddDate(0, 1, 0)); err != nil {
			return fmt.Errorf("partition of %s: %w", from.Format(partitionMonth), err)
		}
	}
	return nil
}

func (e *postgres) addPartition(ctx context.Context, from, to time.Time) error {
	rows, err := e.query(ctx, `SELECT 1 FROM journal_rest WHERE at >= $1 AND at < $2 LIMIT 1`, []any{micros(from), micros(to)})
	if err != nil {
		return err
	}
	var one int
	if err := scanFirst(rows, []any{&one}); !errors.Is(err, ErrNotFound) {
		return err
	}
	// Names and bounds of a definition cannot be arguments; these are numbers.
	_, err = e.exec(ctx, "CREATE TABLE IF NOT EXISTS "+partitionPrefix+from.Format(partitionMonth)+" PARTITION OF journal FOR VALUES FROM ("+
		strconv.FormatInt(micros(from), 10)+") TO ("+strconv.FormatInt(micros(to), 10)+")", nil)
	if err == nil {
		return nil
	}
	// Another process may have made it in the same moment.
	if there, listErr := e.partitions(ctx); listErr == nil && slices.ContainsFunc(there, from.Equal) {
		return nil
	}
	return err
}

func (e *postgres) dropPartitions(ctx context.Context, before time.Time) error {
	there, err := e.partitions(ctx)
	if err != nil {
		return err
	}
	for _, from := range there {
		if from.AddDate(0, 1, 0).After(before) {
			continue
		}
		name := partitionPrefix + from.Format(partitionMonth)
		if _, err := e.exec(ctx, "DROP TABLE IF EXISTS "+name, nil); err != nil {
			return fmt.Errorf("partition %s: %w", name, err)
		}
	}
	return nil
}

// partitions are the months that have partitions.
func (e *postgres) partitions(ctx context.Context) ([]time.Time, error) {
	rows, err := e.query(ctx, `SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'journal'::regclass ORDER BY c.relname`, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []time.Time
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		if from, err := time.Parse(partitionMonth, strings.TrimPrefix(name, partitionPrefix)); err == nil {
			all = append(all, from)
		}
	}
	return all, rows.Err()
}

func (*sqlite) addPartitions(context.Context, time.Time) error  { return nil }
func (*sqlite) dropPartitions(context.Context, time.Time) error { return nil }
