package notify

import (
	"context"
	"errors"
	"sync/atomic"

	"vhod/idp"
	"vhod/store"
)

// Inbox is the channel of the sandbox: it keeps messages for all to see.
type Inbox struct {
	DB   *store.DB
	Now  idp.Clock
	Name string // SMS or Email
	// Down makes the channel fail on purpose.
	Down atomic.Bool
}

// errDown is the failure made on purpose.
var errDown = errors.New("the channel is switched off")

// Send implements Channel.
func (i *Inbox) Send(ctx context.Context, m Message) error {
	if i.Down.Load() {
		return errDown
	}
	return i.DB.AddInbox(ctx, store.InboxMessage{
		ID: m.ID, Channel: i.Name, To: m.To, Subject: m.Subject, Text: m.Text, Code: m.Code, Link: m.Link, SentAt: i.Now(),
	})
}
