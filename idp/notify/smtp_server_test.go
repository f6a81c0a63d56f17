package notify_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer speaks as much SMTP as a client needs (RFC 5321, RFC 3207, RFC 4954).
type mailServer struct {
	Addr     *net.TCPAddr
	Roots    *x509.CertPool
	starttls bool
	implicit bool
	config   *tls.Config

	mu          sync.Mutex
	connections int
	letters     []letter
	// answer, when it says anything, is said instead of the usual to a command.
	answer func(command string) string
	// silent makes the server greet nobody.
	silent bool
	open   map[net.Conn]struct{}
}

type letter struct {
	from, to  string
	data      string
	encrypted bool
	user      string
}

func newMailServer(t *testing.T, change func(*mailServer)) *mailServer {
	t.Helper()
	s := &mailServer{starttls: true, open: map[net.Conn]struct{}{}}
	s.config, s.Roots = selfSigned(t)
	if change != nil {
		change(s)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = l.Addr().(*net.TCPAddr)
	var sessions sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		s.cut()
		sessions.Wait()
	})
	sessions.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			s.open[conn] = struct{}{}
			s.mu.Unlock()
			sessions.Go(func() { s.session(conn) })
		}
	})
	return s
}

// cut breaks off every connection.
func (s *mailServer) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		_ = conn.Close()
	}
}

func (s *mailServer) usual(command string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer == nil {
		return ""
	}
	return s.answer(command)
}

func (s *mailServer) answers(f func(command string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *mailServer) seen() (connections int, letters []letter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections, append([]letter(nil), s.letters...)
}

func (s *mailServer) session(raw net.Conn) {
	conn, encrypted := raw, false
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.open, raw)
		s.mu.Unlock()
	}()
	if s.implicit {
		conn, encrypted = tls.Server(raw, s.config), true
	}
	in := bufio.NewReader(conn)
	say := func(text string) { _, _ = fmt.Fprintf(conn, "%s\r\n", text) }
	if s.silent {
		_, _ = in.ReadString('\n')
		return
	}
	say("220 ready")
	var l letter
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		command, rest, _ := strings.Cut(line, " ")
		command = strings.ToUpper(command)
		if other := s.usual(command); other != "" {
			say(other)
			if strings.HasPrefix(other, "421") {
				return
			}
			continue
		}
		switch command {
		case "EHLO":
			say("250-mail.test")
			if s.starttls && !encrypted {
				say("250-STARTTLS")
			}
			if encrypted {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go ahead")
			conn, encrypted = tls.Server(conn, s.config), true
			in = bufio.NewReader(conn)
		case "AUTH":
			l.user = rest
			say("235 welcome")
		case "MAIL":
			l.from, l.encrypted = rest, encrypted
			say("250 ok")
		case "RCPT":
			l.to = rest
			say("250 ok")
		case "DATA":
			say("354 speak")
			var data strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(line, ".")) // RFC 5321 §4.5.2
			}
			l.data = data.String()
			s.mu.Lock()
			s.letters = append(s.letters, l)
			s.mu.Unlock()
			say("250 taken")
		case "RSET", "NOOP":
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 unknown")
		}
	}
}

// selfSigned is a certificate for 127.0.0.1 and who vouches for it.
func selfSigned(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}
