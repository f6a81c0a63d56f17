package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/job"
	"vhod/keys"
	"vhod/store"
	"vhod/ui"
)

// Channel takes messages out of the house. An error that wraps job.ErrPermanent
// is not tried again.
type Channel interface {
	Send(ctx context.Context, m Message) error
}

// Message is what a channel carries.
type Message struct {
	// ID is the same at each attempt.
	ID      uuid.UUID
	To      string
	Subject string // empty for SMS
	Text    string
	// Code and Link are what the text holds of them, for the sandbox's inbox.
	Code, Link string
}

// The channels' names.
const (
	SMS   = "sms"
	Email = "email"
)

// JobKind is the kind of the jobs that send messages.
const JobKind = "message"

// Sender queues messages and sends what was queued.
type Sender struct {
	Ring     *keys.Ring
	UI       *ui.UI
	Now      idp.Clock
	Issuer   string
	Channels map[string]Channel
	// Wake, when given, hears of each message just before it is committed.
	Wake func()
}

// How long a message that holds a code, or a link, is worth sending.
const (
	codeUse = 5 * time.Minute
	linkUse = 24 * time.Hour
)

// outgoing is the sealed payload of a job.
type outgoing struct {
	Channel string            `json:"channel"`
	To      string            `json:"to"`
	Name    string            `json:"name"`
	Lang    string            `json:"lang"`
	Args    map[string]string `json:"args,omitempty"`
	// Until is when the message is of no use any more; zero is never.
	Until time.Time `json:"until,omitzero"`
}

// Queue is the writing of a message into the outbox. reference is what its state
// of delivery is asked by.
func (s *Sender) Queue(channel, to, lang, name string, args map[string]string, reference uuid.UUID) (store.Write, error) {
	now := s.Now()
	payload, err := json.Marshal(outgoing{Channel: channel, To: to, Name: name, Lang: lang, Args: args, Until: until(name, args, now)})
	if err != nil {
		return nil, fmt.Errorf("queue message: %w", err)
	}
	id := uuid.New()
	sealed, err := s.Ring.Seal(JobKind, id[:], payload)
	if err != nil {
		return nil, fmt.Errorf("queue message: %w", err)
	}
	enqueue := store.Enqueue(store.Job{ID: id, Kind: JobKind, Destination: channel, Reference: reference, Payload: sealed}, now)
	return func(b *store.Batch) {
		enqueue(b)
		if s.Wake != nil {
			s.Wake()
		}
	}, nil
}

// until is when a message is of no use any more. What is sent instead of a code,
// to whom has an account already, ends like that code: the state of delivery must
// not tell the two apart.
func until(name string, args map[string]string, now time.Time) time.Time {
	switch {
	case args["Link"] != "", name == ui.MessageExistingEmail:
		return now.Add(linkUse)
	case args["Code"] != "", name == ui.MessageExistingSMS:
		return now.Add(codeUse)
	default:
		return time.Time{}
	}
}

// QueueOwner is the writing of a notice to every verified contact of an account;
// the messages are named name_sms and name_email.
func (s *Sender) QueueOwner(p idp.Profile, lang, name string) ([]store.Write, error) {
	var writes []store.Write
	add := func(channel, to string) error {
		w, err := s.Queue(channel, to, lang, name+"_"+channel, nil, uuid.New())
		writes = append(writes, w)
		return err
	}
	if p.Phone != "" && !p.PhoneVerifiedAt.IsZero() {
		if err := add(SMS, p.Phone); err != nil {
			return nil, err
		}
	}
	if p.Email != "" && !p.EmailVerifiedAt.IsZero() {
		if err := add(Email, p.Email); err != nil {
			return nil, err
		}
	}
	return writes, nil
}

// Deliver is the handler of the jobs that Queue wrote.
func (s *Sender) Deliver(ctx context.Context, j store.Job) error {
	plain, err := s.Ring.Open(JobKind, j.ID[:], j.Payload)
	if err != nil {
		return fmt.Errorf("message cannot be opened: %w", job.ErrPermanent)
	}
	var o outgoing
	if err := json.Unmarshal(plain, &o); err != nil {
		return fmt.Errorf("message cannot be read: %w", job.ErrPermanent)
	}
	if !o.Until.IsZero() && !s.Now().Before(o.Until) {
		return fmt.Errorf("message is too late to be of use: %w", job.ErrPermanent)
	}
	channel := s.Channels[o.Channel]
	if channel == nil {
		return fmt.Errorf("no channel %q: %w", o.Channel, job.ErrPermanent)
	}
	args := map[string]any{"Host": s.host(), "Link": s.Issuer + "/"}
	for name, value := range o.Args {
		args[name] = value
	}
	m, err := s.UI.Message(o.Lang, o.Name, args)
	if err != nil {
		return fmt.Errorf("compose message: %w", err)
	}
	return channel.Send(ctx, Message{ID: j.ID, To: o.To, Subject: m.Subject, Text: m.Text, Code: o.Args["Code"], Link: o.Args["Link"]})
}

// host is the name that codes are bound to (the last line of an SMS).
func (s *Sender) host() string {
	u, err := url.Parse(s.Issuer)
	if err != nil {
		return s.Issuer
	}
	return u.Hostname()
}
