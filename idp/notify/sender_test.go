package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/job"
	"vhod/idp/notify"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
	"vhod/ui"
)

// outbox is a sender with the runner that empties it into the sandbox's inbox.
type outbox struct {
	*notify.Sender
	db     *store.DB
	clock  *storetest.Clock
	runner *job.Runner
	sms    *notify.Inbox
	email  *notify.Inbox
}

func newOutbox(t *testing.T, db *store.DB, clock *storetest.Clock) *outbox {
	t.Helper()
	ring, err := keys.NewRing(t.Context(), keys.Config{Storage: db, KEK: storetest.KEK(t), Now: clock.Now, Algorithms: []string{keys.ES256}})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := ui.New()
	if err != nil {
		t.Fatal(err)
	}
	o := &outbox{db: db, clock: clock}
	o.sms = &notify.Inbox{DB: db, Now: clock.Now, Name: notify.SMS}
	o.email = &notify.Inbox{DB: db, Now: clock.Now, Name: notify.Email}
	o.Sender = &notify.Sender{
		Ring: ring, UI: texts, Now: clock.Now, Issuer: "https://id.example:8443",
		Channels: map[string]notify.Channel{notify.SMS: o.sms, notify.Email: o.email},
	}
	o.runner = &job.Runner{DB: db, Now: clock.Now, Log: slog.New(slog.DiscardHandler), Handlers: map[string]job.Handler{notify.JobKind: o.Deliver}}
	return o
}

func (o *outbox) queue(t *testing.T, channel, to, lang, name string, args map[string]string) uuid.UUID {
	t.Helper()
	reference := uuid.New()
	w, err := o.Queue(channel, to, lang, name, args, reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.db.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return reference
}

func (o *outbox) deliver(t *testing.T) {
	t.Helper()
	if _, err := o.runner.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (o *outbox) kept(t *testing.T) []store.InboxMessage {
	t.Helper()
	all, err := o.db.Inbox(t.Context(), "", time.Time{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (o *outbox) expectState(t *testing.T, reference uuid.UUID, want string) {
	t.Helper()
	if got, err := o.db.JobState(t.Context(), reference); got != want || err != nil {
		t.Errorf("state %q, %v, want %q", got, err, want)
	}
}

func TestMessagesAreComposedInTheirLanguage(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		o := newOutbox(t, db, clock)
		for _, lang := range []string{"ru", "en"} {
			sms := o.queue(t, notify.SMS, "+79001234567", lang, ui.MessageLoginSMS, map[string]string{"Code": "123456"})
			email := o.queue(t, notify.Email, "a@example.com", lang, ui.MessageRegisterEmail, map[string]string{"Code": "654321", "Link": "https://id.example:8443/l"})
			o.deliver(t)
			o.expectState(t, sms, store.JobSent)
			o.expectState(t, email, store.JobSent)
			for _, m := range o.kept(t) {
				switch m.Channel {
				case notify.SMS:
					// The line that binds the code to the site's name.
					if !strings.HasSuffix(m.Text, "\n@id.example #123456") || m.Subject != "" || m.Code != "123456" || m.To != "+79001234567" {
						t.Errorf("%s: %+v", lang, m)
					}
				case notify.Email:
					if !strings.Contains(m.Text, "654321") || !strings.Contains(m.Text, m.Link) || m.Subject == "" || m.Link != "https://id.example:8443/l" {
						t.Errorf("%s: %+v", lang, m)
					}
				}
				if cyrillic := strings.ContainsAny(m.Text, "абвгдежзи"); cyrillic != (lang == "ru") {
					t.Errorf("%s: %q", lang, m.Text)
				}
			}
			if err := db.ClearInbox(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestNothingPersonalIsKeptInTheClear(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	o := newOutbox(t, db, clock)
	o.queue(t, notify.SMS, "+79001234567", "ru", ui.MessageLoginSMS, map[string]string{"Code": "123456"})
	var payload string
	if err := db.Q(t.Context()).QueryRow(t.Context(), `SELECT payload FROM job`).Scan(&payload); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"9001234567", "123456", "login"} {
		if strings.Contains(payload, secret) {
			t.Errorf("the payload holds %s", secret)
		}
	}
	// A payload put into another job's row does not open there.
	err := o.Deliver(t.Context(), store.Job{ID: uuid.New(), Kind: notify.JobKind, Payload: payload})
	if !errors.Is(err, job.ErrPermanent) || len(o.kept(t)) != 0 {
		t.Errorf("another's payload: %v", err)
	}
}

func TestChannelThatIsDown(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	o := newOutbox(t, db, clock)
	o.sms.Down.Store(true)
	sms := o.queue(t, notify.SMS, "+79001234567", "ru", ui.MessageLoginSMS, map[string]string{"Code": "123456"})
	email := o.queue(t, notify.Email, "a@example.com", "ru", ui.MessagePasswordEmail, nil)
	o.deliver(t)
	o.expectState(t, sms, store.JobDelayed)
	o.expectState(t, email, store.JobSent)
	o.sms.Down.Store(false)
	clock.Advance(10 * time.Second)
	o.deliver(t)
	o.expectState(t, sms, store.JobSent)
}

// A code that would arrive after its end only confuses.
func TestLateCodesAreNotSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		channel string
		message string
		args    map[string]string
		late    time.Duration
		want    string
	}{
		{"a code in time", notify.SMS, ui.MessageLoginSMS, map[string]string{"Code": "1"}, 5*time.Minute - time.Second, store.JobSent},
		{"a code too late", notify.SMS, ui.MessageLoginSMS, map[string]string{"Code": "1"}, 5 * time.Minute, store.JobFailed},
		{"a link in time", notify.Email, ui.MessageRegisterEmail, map[string]string{"Code": "1", "Link": "l"}, 23 * time.Hour, store.JobSent},
		{"a link too late", notify.Email, ui.MessageRegisterEmail, map[string]string{"Code": "1", "Link": "l"}, 24 * time.Hour, store.JobFailed},
		{"in place of a code", notify.SMS, ui.MessageExistingSMS, nil, 5 * time.Minute, store.JobFailed},
		{"in place of a link", notify.Email, ui.MessageExistingEmail, nil, 24 * time.Hour, store.JobFailed},
		{"a notice", notify.SMS, ui.MessagePasswordSMS, nil, 72 * time.Hour, store.JobSent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, clock := storetest.Open(t, storetest.SQLite)
			o := newOutbox(t, db, clock)
			reference := o.queue(t, c.channel, "a@example.com", "ru", c.message, c.args)
			clock.Advance(c.late)
			o.deliver(t)
			o.expectState(t, reference, c.want)
		})
	}
}

func TestOwnerIsToldByVerifiedContactsOnly(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	o := newOutbox(t, db, clock)
	now := clock.Now()
	for _, c := range []struct {
		name string
		p    idp.Profile
		want int
	}{
		{"both", idp.Profile{Phone: "+79001234567", PhoneVerifiedAt: now, Email: "a@example.com", EmailVerifiedAt: now}, 2},
		{"one unverified", idp.Profile{Phone: "+79001234567", Email: "a@example.com", EmailVerifiedAt: now}, 1},
		{"none", idp.Profile{}, 0},
	} {
		writes, err := o.QueueOwner(c.p, "ru", "password_changed")
		if err != nil || len(writes) != c.want {
			t.Errorf("%s: %d messages, %v, want %d", c.name, len(writes), err, c.want)
		}
	}
}

func TestQueueWakesTheRunner(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	o := newOutbox(t, db, clock)
	o.Wake = o.runner.Wake
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.runner.Run(ctx) }()
	reference := o.queue(t, notify.SMS, "+79001234567", "ru", ui.MessageLoginSMS, map[string]string{"Code": "123456"})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		state, err := db.JobState(t.Context(), reference)
		if err != nil {
			t.Fatal(err)
		}
		if state == store.JobSent {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the message was not sent")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
