package notify_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp/job"
	"vhod/idp/notify"
	"vhod/store/storetest"
)

func newSMTP(t *testing.T, s *mailServer, change func(*notify.SMTPConfig)) (*notify.SMTP, *storetest.Clock) {
	t.Helper()
	c := notify.SMTPConfig{Host: "127.0.0.1", Port: s.Addr.Port, From: "Вход <no-reply@id.example>", Roots: s.Roots}
	if change != nil {
		change(&c)
	}
	clock := storetest.NewClock()
	channel, err := notify.NewSMTP(c, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(channel.Close)
	return channel, clock
}

func message() notify.Message {
	return notify.Message{ID: uuid.New(), To: "person@example.com", Subject: "Подтверждение регистрации", Text: "Код подтверждения: 123456\n.\nКонец"}
}

func TestLetter(t *testing.T) {
	t.Parallel()
	s := newMailServer(t, nil)
	channel, clock := newSMTP(t, s, func(c *notify.SMTPConfig) { c.User, c.Password = "vhod", "secret" })
	m := message()
	if err := channel.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	_, letters := s.seen()
	if len(letters) != 1 {
		t.Fatalf("%d letters", len(letters))
	}
	l := letters[0]
	if !l.encrypted || !strings.HasPrefix(l.user, "PLAIN ") || !strings.Contains(l.from, "<no-reply@id.example>") || !strings.Contains(l.to, "<person@example.com>") {
		t.Errorf("envelope: %+v", l)
	}
	read, err := mail.ReadMessage(strings.NewReader(l.data))
	if err != nil {
		t.Fatal(err)
	}
	var words mime.WordDecoder
	for name, want := range map[string]string{
		"From": "Вход <no-reply@id.example>", "To": "<person@example.com>", "Subject": m.Subject,
		"Message-Id": "<" + m.ID.String() + "@id.example>", "Auto-Submitted": "auto-generated",
		"Content-Type": "text/plain; charset=UTF-8",
	} {
		if got, err := words.DecodeHeader(read.Header.Get(name)); strings.ReplaceAll(got, `"`, "") != want || err != nil {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if at, err := read.Header.Date(); err != nil || !at.Equal(clock.Now()) {
		t.Errorf("Date: %v, %v", at, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	if got := strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")); got != m.Text || err != nil {
		t.Errorf("text: %q, %v, want %q", got, err, m.Text)
	}
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		server    func(*mailServer)
		client    func(*notify.SMTPConfig)
		encrypted bool
		fails     bool
	}{
		{"STARTTLS", nil, nil, true, false},
		{"STARTTLS not offered", func(s *mailServer) { s.starttls = false }, nil, false, true},
		{"nobody vouches for the server", nil, func(c *notify.SMTPConfig) { c.Roots = nil }, false, true},
		{"opportunistic", nil, func(c *notify.SMTPConfig) { c.TLS = "opportunistic" }, true, false},
		{"opportunistic, not offered", func(s *mailServer) { s.starttls = false }, func(c *notify.SMTPConfig) { c.TLS = "opportunistic" }, false, false},
		{"implicit, with a password", func(s *mailServer) { s.implicit = true }, func(c *notify.SMTPConfig) { c.TLS, c.User, c.Password = "implicit", "vhod", "secret" }, true, false},
		{"implicit, nobody vouches", func(s *mailServer) { s.implicit = true }, func(c *notify.SMTPConfig) { c.TLS, c.Roots = "implicit", nil }, false, true},
		{"none", nil, func(c *notify.SMTPConfig) { c.TLS = "none" }, false, false},
		{"no password in the clear", nil, func(c *notify.SMTPConfig) { c.TLS, c.User, c.Password = "none", "vhod", "secret" }, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newMailServer(t, c.server)
			channel, _ := newSMTP(t, s, c.client)
			err := channel.Send(t.Context(), message())
			_, letters := s.seen()
			if c.fails {
				if err == nil || errors.Is(err, job.ErrPermanent) || len(letters) != 0 {
					t.Errorf("sent %d letters, %v; want a failure to be tried again", len(letters), err)
				}
				return
			}
			if err != nil || len(letters) != 1 || letters[0].encrypted != c.encrypted {
				t.Errorf("%v, %+v", err, letters)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command, answer string
		permanent       bool
		reconnects      bool
	}{
		{"RCPT", "550 5.1.1 no such person@example.com", true, false},
		{"MAIL", "553 5.1.8 sender refused", true, false},
		{"DATA", "554 5.7.1 not wanted", true, false},
		{"RCPT", "450 4.2.1 later, person@example.com", false, false},
		{"MAIL", "452 4.3.1 full", false, false},
		{"RCPT", "421 4.3.2 closing", false, true},
	} {
		t.Run(c.command+" "+c.answer[:3], func(t *testing.T) {
			t.Parallel()
			s := newMailServer(t, nil)
			channel, _ := newSMTP(t, s, nil)
			s.answers(func(command string) string {
				if command == c.command {
					return c.answer
				}
				return ""
			})
			err := channel.Send(t.Context(), message())
			if err == nil || errors.Is(err, job.ErrPermanent) != c.permanent || !strings.Contains(err.Error(), c.answer[:3]) {
				t.Errorf("%v, want permanent: %v", err, c.permanent)
			}
			if strings.Contains(err.Error(), "person@") {
				t.Errorf("%v tells the address", err)
			}
			s.answers(nil)
			if err := channel.Send(t.Context(), message()); err != nil {
				t.Errorf("the next letter: %v", err)
			}
			connections, letters := s.seen()
			if len(letters) != 1 || (connections == 2) != c.reconnects {
				t.Errorf("%d connections, %d letters", connections, len(letters))
			}
		})
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	s := newMailServer(t, nil)
	channel, clock := newSMTP(t, s, nil)
	expect := func(what string, connections int) {
		t.Helper()
		if err := channel.Send(t.Context(), message()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got, _ := s.seen(); got != connections {
			t.Errorf("%s: %d connections, want %d", what, got, connections)
		}
	}
	expect("first", 1)
	expect("second", 1)
	s.cut()
	expect("after the server broke off", 2)
	clock.Advance(time.Minute)
	expect("after a pause", 3)
	channel.Close()
	expect("after closing", 4)
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	s := newMailServer(t, nil)
	channel, _ := newSMTP(t, s, nil)
	for _, to := range []string{"", "nobody", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example"} {
		m := message()
		m.To = to
		if err := channel.Send(t.Context(), m); !errors.Is(err, job.ErrPermanent) {
			t.Errorf("%q: %v, want a permanent failure", to, err)
		}
	}
	m := message()
	m.Subject = "a\r\nBcc: c@d.example"
	if err := channel.Send(t.Context(), m); err == nil {
		_, letters := s.seen()
		if read, err := mail.ReadMessage(strings.NewReader(letters[0].data)); err != nil || read.Header.Get("Bcc") != "" {
			t.Errorf("a header was smuggled in: %v", err)
		}
	}
	for _, c := range []notify.SMTPConfig{{Host: "127.0.0.1", From: "nobody"}, {Host: "127.0.0.1", From: "a@b.example", TLS: "maybe"}, {From: "a@b.example"}} {
		if _, err := notify.NewSMTP(c, storetest.NewClock().Now); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

// A server that says nothing costs no more than the attempt's time, and no
// connection.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	s := newMailServer(t, func(s *mailServer) { s.silent = true })
	channel, _ := newSMTP(t, s, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := channel.Send(ctx, message()); err == nil || errors.Is(err, job.ErrPermanent) {
		t.Errorf("%v, want a failure to be tried again", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		open := len(s.open)
		s.mu.Unlock()
		if open == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the connection was left open")
		}
	}
}

func TestHangingServerIsLeft(t *testing.T) {
	t.Parallel()
	s := newMailServer(t, nil)
	channel, _ := newSMTP(t, s, nil)
	hang := make(chan struct{})
	s.answers(func(command string) string {
		if command == "RCPT" {
			<-hang
		}
		return ""
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := channel.Send(ctx, message())
	took := time.Since(begun)
	close(hang)
	if err == nil || errors.Is(err, job.ErrPermanent) || took > 5*time.Second {
		t.Errorf("%v after %v, want a failure to be tried again, at once", err, took)
	}
}
