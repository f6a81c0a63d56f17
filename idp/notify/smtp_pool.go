package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	// smtpTimeout bounds the beginning of a connection, and each message.
	smtpTimeout = 15 * time.Second
	// smtpIdle is shorter than the five minutes that servers wait (RFC 5321 §4.5.3.2.7).
	smtpIdle = 30 * time.Second
	smtpPool = 4
)

// connection is one that greeted, encrypted and signed in.
type connection struct {
	client *smtp.Client
	raw    net.Conn
	since  time.Time // of its last use
}

// boundTo breaks the connection off when ctx ends, until released.
func (c *connection) boundTo(ctx context.Context) (release func()) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() }) // it is given up
	return func() { stop() }
}

// dialed takes out of the client what it dialled: it forgets to close a
// connection that fails before it is ready.
type dialed struct{ conn net.Conn }

type dialedKey struct{}

func dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return noted(ctx, conn, err)
}

func dialTLS(config *tls.Config) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
		return noted(ctx, conn, err)
	}
}

// noted gives the greeting, the encryption and the signing-in the same time limit
// as the dialling; the client sets none.
func noted(ctx context.Context, conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if d, ok := ctx.Value(dialedKey{}).(*dialed); ok {
		d.conn = conn
	}
	return conn, nil
}

// take is a kept connection that still answers, or a new one.
func (s *SMTP) take(ctx context.Context) (*connection, error) {
	for {
		select {
		case c := <-s.idle:
			if s.now().Sub(c.since) < smtpIdle && s.answers(ctx, c) {
				return c, nil
			}
			s.drop(c)
		default:
			return s.connect(ctx)
		}
	}
}

func (s *SMTP) answers(ctx context.Context, c *connection) bool {
	defer c.boundTo(ctx)()
	return c.client.UpdateDeadline(smtpTimeout) == nil && c.client.Reset() == nil
}

func (s *SMTP) connect(ctx context.Context) (*connection, error) {
	var d dialed
	client, err := s.client.DialToSMTPClientWithContext(context.WithValue(ctx, dialedKey{}, &d))
	if err == nil {
		return &connection{client: client, raw: d.conn}, nil
	}
	if d.conn == nil {
		return nil, errors.New("smtp: the server cannot be reached")
	}
	_ = d.conn.Close() // it is given up
	return nil, errors.New("smtp: the server did not greet, encrypt or let us in")
}

func (s *SMTP) put(c *connection) {
	c.since = s.now()
	select {
	case s.idle <- c:
	default:
		s.drop(c)
	}
}

// drop ends a connection; what the server says to that does not matter.
func (s *SMTP) drop(c *connection) {
	if s.client.CloseWithSMTPClient(c.client) != nil {
		_ = c.raw.Close() // it is given up
	}
}

// Close ends the connections kept for the next message.
func (s *SMTP) Close() {
	for {
		select {
		case c := <-s.idle:
			s.drop(c)
		default:
			return
		}
	}
}
