package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/store"
	"vhod/store/storetest"
)

func TestInbox(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx, begun := t.Context(), clock.Now()
		var sent []store.InboxMessage
		for _, to := range []string{"+79000000001", "a@example.com", "+79000000001"} {
			clock.Advance(time.Second)
			m := store.InboxMessage{ID: uuid.New(), Channel: "sms", To: to, Subject: "о", Text: "код 123456", Code: "123456", Link: "l", SentAt: clock.Now()}
			for range 2 { // the outbox delivers at least once
				if err := db.AddInbox(ctx, m); err != nil {
					t.Fatal(err)
				}
			}
			sent = append(sent, m)
		}
		for _, c := range []struct {
			name  string
			to    string
			after time.Time
			limit int
			want  []int
		}{
			{"all, newest first", "", time.Time{}, 10, []int{2, 1, 0}},
			{"bounded", "", time.Time{}, 2, []int{2, 1}},
			{"to one", "+79000000001", time.Time{}, 10, []int{2, 0}},
			{"after the first", "", begun.Add(time.Second), 10, []int{2, 1}},
			{"to one after the first", "+79000000001", begun.Add(time.Second), 10, []int{2}},
			{"to nobody", "x", time.Time{}, 10, nil},
		} {
			got, err := db.Inbox(ctx, c.to, c.after, c.limit)
			if err != nil || len(got) != len(c.want) {
				t.Errorf("%s: %+v, %v", c.name, got, err)
				continue
			}
			for n, m := range got {
				if m != sent[c.want[n]] {
					t.Errorf("%s: %+v, want %+v", c.name, m, sent[c.want[n]])
				}
			}
		}
		if err := db.ClearInbox(ctx); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Inbox(ctx, "", time.Time{}, 10); len(got) != 0 || err != nil {
			t.Errorf("after clearing: %+v, %v", got, err)
		}
	})
}
