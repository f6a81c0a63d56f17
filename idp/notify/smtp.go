package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"

	"vhod/idp"
	"vhod/idp/job"
)

// SMTPConfig says how mail goes out.
type SMTPConfig struct {
	Host           string
	Port           int // zero is 587, or 465 with implicit TLS
	User, Password string
	From           string // the sender's address, with a name or without
	// TLS is "starttls" (also empty: refused without), "opportunistic" (where the
	// server offers it), "implicit" (RFC 8314 §3.3) or "none".
	TLS string
	// Roots are who may vouch for the server; nil is whom the machine trusts.
	Roots *x509.CertPool
}

// SMTP sends e-mail through a mail server and keeps connections for the next.
type SMTP struct {
	client *mail.Client
	from   string
	domain string // of the sender, for the ids of messages
	now    idp.Clock
	idle   chan *connection
}

// NewSMTP checks the configuration; it connects with the first message.
func NewSMTP(c SMTPConfig, now idp.Clock) (*SMTP, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, errors.New("smtp: the sender is no address")
	}
	encryption := &tls.Config{ServerName: c.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	options := []mail.Option{mail.WithTimeout(smtpTimeout), mail.WithTLSConfig(encryption), mail.WithoutNoop()}
	dial, port := dialPlain, mail.DefaultPortTLS
	switch c.TLS {
	case "", "starttls":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "opportunistic":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "implicit":
		// Encrypted by the dialling; the policy only makes the client see that.
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
		dial, port = dialTLS(encryption), mail.DefaultPortSSL
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("smtp: unknown tls %q", c.TLS)
	}
	if c.Port != 0 {
		port = c.Port
	}
	options = append(options, mail.WithPort(port), mail.WithDialContextFunc(dial))
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	client, err := mail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	domain := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	return &SMTP{client: client, from: from.String(), domain: domain, now: now, idle: make(chan *connection, smtpPool)}, nil
}

// Send implements Channel.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	letter, err := s.letter(m)
	if err != nil {
		return err
	}
	c, err := s.take(ctx)
	if err != nil {
		return err
	}
	release := c.boundTo(ctx)
	err = s.client.SendWithSMTPClient(c.client, letter)
	release()
	failure, usable := classified(err)
	if usable {
		s.put(c)
	} else {
		s.drop(c)
	}
	return failure
}

// Check connects and signs in as for a message, and sends none.
func (s *SMTP) Check(ctx context.Context) error {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	s.drop(c)
	return nil
}

func (s *SMTP) letter(m Message) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := letter.From(s.from); err != nil {
		return nil, fmt.Errorf("smtp: the sender is no address: %w", job.ErrPermanent)
	}
	if err := letter.To(m.To); err != nil {
		return nil, fmt.Errorf("smtp: the recipient is no address: %w", job.ErrPermanent)
	}
	letter.SetMessageIDWithValue(m.ID.String() + "@" + s.domain)
	letter.SetDateWithValue(s.now())
	// So that nobody's absence note answers (RFC 3834 §5).
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.Subject(m.Subject)
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	return letter, nil
}

// classified tells the server's final no (5yz) from one for now (4yz), by
// RFC 5321 §4.2.1, and whether the connection is still of use. The text of the
// answer is left out, since it may repeat the address.
func classified(err error) (failure error, usable bool) {
	if err == nil {
		return nil, true
	}
	var refused *mail.SendError
	if !errors.As(err, &refused) || refused.ErrorCode() == 0 {
		return errors.New("smtp: the connection failed"), false
	}
	code := refused.ErrorCode()
	if code >= 500 {
		return fmt.Errorf("smtp: refused with %d: %w", code, job.ErrPermanent), true
	}
	// RFC 5321 §3.8: after 421 the server closes.
	return fmt.Errorf("smtp: put off with %d", code), code != 421
}
