package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"vhod/idp"
	"vhod/idp/job"
)

// SMTPConfig says how mail goes out.
type SMTPConfig struct {
	Host           string
	Port           int // zero is 587, or 465 with implicit TLS
	User, Password string
	From           string
	TLS            string // "starttls" (also empty), "implicit", "none"
}

// SMTP sends e-mail through a mail server and keeps connections for the next.
type SMTP struct {
	client *mail.Client
	from   string
	now    idp.Clock
	idle   chan *pooled
}

type pooled struct {
	connection *smtp.Client
	since      time.Time
}

const (
	smtpPool = 4
	smtpIdle = 30 * time.Second
)

// NewSMTP checks the configuration; it connects with the first message.
func NewSMTP(c SMTPConfig, now idp.Clock) (*SMTP, error) {
	options := []mail.Option{mail.WithTimeout(15 * time.Second)}
	switch c.TLS {
	case "", "starttls":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "implicit":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("smtp: unknown tls %q", c.TLS)
	}
	switch {
	case c.Port != 0:
		options = append(options, mail.WithPort(c.Port))
	case c.TLS == "implicit":
		options = append(options, mail.WithPort(mail.DefaultPortSSL))
	default:
		options = append(options, mail.WithPort(mail.DefaultPortTLS))
	}
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	client, err := mail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return &SMTP{client: client, from: c.From, now: now, idle: make(chan *pooled, smtpPool)}, nil
}

// Send implements Channel.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := letter.From(s.from); err != nil {
		return fmt.Errorf("smtp: sender: %w", job.ErrPermanent)
	}
	if err := letter.To(m.To); err != nil {
		return fmt.Errorf("smtp: recipient is no address: %w", job.ErrPermanent)
	}
	_, domain, _ := strings.Cut(s.from, "@")
	letter.SetMessageIDWithValue(m.ID.String() + "@" + strings.TrimSuffix(domain, ">"))
	letter.SetDateWithValue(s.now())
	letter.Subject(m.Subject)
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	connection, err := s.take(ctx)
	if err != nil {
		return err
	}
	if err := s.client.SendWithSMTPClient(connection, letter); err != nil {
		s.drop(connection)
		return classified(err)
	}
	s.put(connection)
	return nil
}

// classified tells the server's final no from one for now; the text of its
// answer is left out, since it may repeat the address.
func classified(err error) error {
	var send *mail.SendError
	if errors.As(err, &send) && !send.IsTemp() && send.ErrorCode() >= 500 {
		return fmt.Errorf("smtp: refused with %d: %w", send.ErrorCode(), job.ErrPermanent)
	}
	if errors.As(err, &send) {
		return fmt.Errorf("smtp: failed with %d", send.ErrorCode())
	}
	return errors.New("smtp: the connection failed")
}

// take is a kept connection that still answers, or a new one.
func (s *SMTP) take(ctx context.Context) (*smtp.Client, error) {
	for {
		select {
		case kept := <-s.idle:
			if s.now().Sub(kept.since) < smtpIdle && kept.connection.Reset() == nil {
				return kept.connection, nil
			}
			s.drop(kept.connection)
		default:
			connection, err := s.client.DialToSMTPClientWithContext(ctx)
			if err != nil {
				return nil, errors.New("smtp: no connection")
			}
			return connection, nil
		}
	}
}

func (s *SMTP) put(connection *smtp.Client) {
	select {
	case s.idle <- &pooled{connection, s.now()}:
	default:
		s.drop(connection)
	}
}

// drop ends a connection; what the server says to that does not matter.
func (s *SMTP) drop(connection *smtp.Client) {
	if err := s.client.CloseWithSMTPClient(connection); err != nil {
		_ = connection.Close() //nolint:errcheck // it is given up
	}
}
