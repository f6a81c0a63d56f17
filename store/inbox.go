package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// InboxMessage is a message that the sandbox kept instead of sending it.
type InboxMessage struct {
	ID      uuid.UUID
	Channel string
	To      string
	Subject string
	Text    string
	Code    string
	Link    string
	SentAt  time.Time
}

// AddInbox keeps a message; a second delivery of the same one changes nothing.
func (db *DB) AddInbox(ctx context.Context, m InboxMessage) error {
	_, err := db.Q(ctx).Exec(ctx, `INSERT INTO inbox (message_id, channel, recipient, subject, body, code, link, sent_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (message_id) DO NOTHING`,
		m.ID, m.Channel, m.To, m.Subject, m.Text, m.Code, m.Link, m.SentAt)
	return err
}

// Inbox reads the newest messages, at most limit; to and after may be empty.
func (db *DB) Inbox(ctx context.Context, to string, after time.Time, limit int) ([]InboxMessage, error) {
	rows, err := db.Q(ctx).Query(ctx, `SELECT message_id, channel, recipient, subject, body, code, link, sent_at FROM inbox
		WHERE ($1 = '' OR recipient = $2) AND sent_at > $3 ORDER BY sent_at DESC, message_id LIMIT $4`, to, to, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []InboxMessage
	for rows.Next() {
		var m InboxMessage
		if err := rows.Scan(&m.ID, &m.Channel, &m.To, &m.Subject, &m.Text, &m.Code, &m.Link, timeTarget{&m.SentAt}); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

// ClearInbox removes every message.
func (db *DB) ClearInbox(ctx context.Context) error {
	_, err := db.Q(ctx).Exec(ctx, `DELETE FROM inbox`)
	return err
}
