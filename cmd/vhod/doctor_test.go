package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store/storetest"
)

// newDoctor examines goodConfig with changes; its folder holds a certificate of
// localhost, which is the only authority trusted.
func newDoctor(t *testing.T, environ ...string) *doctor {
	t.Helper()
	c, err := parsed(t, goodConfig, environ...)
	if err != nil {
		t.Fatal(err)
	}
	certFile, _ := newCertificate(t, t.TempDir(), 1)
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return &doctor{config: c, now: idp.SystemClock, resolver: names{}, roots: roots}
}

// has tells whether a finding of that state and check says so.
func has(f findings, state, check, found string) bool {
	return slices.ContainsFunc(f, func(one finding) bool {
		return one.State == state && one.Check == check && strings.Contains(one.Found, found)
	})
}

// TestDoctorCertificate: as serve shows it to browsers.
func TestDoctorCertificate(t *testing.T) {
	t.Parallel()
	d := newDoctor(t)
	folder := t.TempDir()
	certFile, keyFile := newCertificate(t, folder, 1)
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	d.config.TLS = tlsConfig{certFile, keyFile}
	for name, c := range map[string]struct {
		issuer string
		later  time.Duration
		trust  bool
		state  string
		found  string
	}{
		"soon":     {"https://localhost", 0, true, stateWarning, "expires in 0 days"},
		"stranger": {"https://localhost", 0, false, stateWarning, "nobody whom this machine trusts"},
		"other":    {"https://id.example.com", 0, true, stateFailure, "id.example.com"},
		"expired":  {"https://localhost", 2 * time.Hour, true, stateFailure, "the certificate expired"},
		"fine":     {"https://localhost", -30 * 24 * time.Hour, true, stateOK, "it names the host"},
	} {
		d.config.Issuer, d.now = c.issuer, func() time.Time { return time.Now().Add(c.later) }
		d.roots = x509.NewCertPool()
		if c.trust {
			d.roots.AppendCertsFromPEM(text)
		}
		var f findings
		if d.certificate(t.Context(), &f); !has(f, c.state, "tls", c.found) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestDoctorMail: as far as a message would go.
func TestDoctorMail(t *testing.T) {
	t.Parallel()
	d := newDoctor(t)
	folder := t.TempDir()
	certFile, keyFile := newCertificate(t, folder, 1)
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(text)
	for name, c := range map[string]struct {
		tls, greeting, user string
		offers, trust       bool
		state, found        string
	}{
		"starttls":   {"starttls", "220 mail", "", true, true, stateOK, "answers (smtp.tls: starttls)"},
		"let in":     {"starttls", "220 mail", "right", true, true, stateOK, "lets us in"},
		"not let in": {"starttls", "220 mail", "wrong", true, true, stateFailure, "does not let us in"},
		"in clear":   {"starttls", "220 mail", "", false, true, stateFailure, "offers no STARTTLS"},
		"stranger":   {"starttls", "220 mail", "", true, false, stateFailure, "STARTTLS fails"},
		"no mail":    {"starttls", "HTTP/1.1 400", "", true, true, stateFailure, "does not greet"},
		"no TLS":     {"implicit", "220 mail", "", true, true, stateFailure, "TLS fails"},
		"this one":   {"none", "220 mail", "", false, true, stateOK, "answers (smtp.tls: none)"},
	} {
		l := localListener(t)
		go speakMail(l, c.greeting, c.offers, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
		s := &d.config.SMTP
		s.Host, s.Port, s.TLS, s.User, s.Password = "127.0.0.1", l.Addr().(*net.TCPAddr).Port, c.tls, c.user, c.user
		d.roots = x509.NewCertPool()
		if c.trust {
			d.roots = trusted
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		var f findings
		if d.mail(ctx, &f); !has(f, c.state, "mail", c.found) {
			t.Errorf("%s: %+v", name, f)
		}
		cancel()
	}
}

// speakMail is as much of a mail server as is asked for; a message is refused.
func speakMail(l net.Listener, greeting string, offers bool, encryption *tls.Config) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, _ = fmt.Fprint(conn, greeting, "\r\n")
			lines := bufio.NewScanner(conn)
			for lines.Scan() {
				answer := "502 no"
				switch command := lines.Text(); {
				case strings.HasPrefix(command, "EHLO"):
					if answer = "250-mail\r\n250 AUTH PLAIN"; offers {
						answer = "250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS"
					}
				case command == "QUIT":
					answer = "221 bye"
				case command == "STARTTLS":
					_, _ = fmt.Fprint(conn, "220 go\r\n")
					conn = tls.Server(conn, encryption)
					lines = bufio.NewScanner(conn)
					continue
				case strings.HasPrefix(command, "AUTH PLAIN AHJpZ2h0AHJpZ2h0"): // \0right\0right
					answer = "235 in"
				case strings.HasPrefix(command, "AUTH"):
					answer = "535 no"
				}
				_, _ = fmt.Fprint(conn, answer, "\r\n")
			}
		}()
	}
}

// TestDoctorSMS: the gateway is connected to and asked nothing.
func TestDoctorSMS(t *testing.T) {
	t.Parallel()
	asked := false
	gateway := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer gateway.Close()
	d := newDoctor(t, "VHOD_SMS_URL="+gateway.URL+"/{to}?text={text}")
	for want, roots := range map[string]*x509.CertPool{stateFailure: d.roots, stateOK: x509.NewCertPool()} {
		if d.roots = roots; want == stateOK {
			d.roots.AddCert(gateway.Certificate())
		}
		var f findings
		if d.sms(t.Context(), &f); !has(f, want, "sms", "127.0.0.1") {
			t.Errorf("%+v", f)
		}
	}
	if asked {
		t.Error("a request was sent")
	}
}

// names answers for a name server: texts by name; what is not there does not exist.
type names map[string]string

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) {
	if n == nil {
		return nil, &net.DNSError{Err: "timeout", Name: name, IsTimeout: true}
	}
	if text, ok := n[name]; ok {
		return []string{"google-site-verification=x", text}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// TestDoctorRecords: what is missing warns, and so does having no answer.
func TestDoctorRecords(t *testing.T) {
	t.Parallel()
	d := newDoctor(t, "VHOD_SMTP_FROM=a@id.example.com")
	d.selector = "s1"
	for _, c := range []struct {
		texts                   names
		spf, dmarc, dkim, found string
	}{
		{names{"id.example.com": "v=spf1 -all", "_dmarc.id.example.com": "v=DMARC1; p=reject", "s1._domainkey.id.example.com": "k=rsa; p=x"}, stateOK, stateOK, stateOK, "has its record"},
		{names{"_dmarc.example.com": "v=DMARC1; p=reject"}, stateWarning, stateOK, stateWarning, "has its record"},
		{names{"_dmarc.com": "v=DMARC1; p=reject"}, stateWarning, stateWarning, stateWarning, "has no record"},
		{nil, stateWarning, stateWarning, stateWarning, "could not ask"},
	} {
		d.resolver = c.texts
		var f findings
		d.records(t.Context(), &f)
		if !has(f, c.spf, "spf", "") || !has(f, c.dkim, "dkim", "") || !has(f, c.dmarc, "dmarc", c.found) || len(f) != 3 {
			t.Errorf("%v: %+v", c.texts, f)
		}
	}
}

// TestDoctorPostgres: the settings without which what was committed may be lost,
// and the clocks.
func TestDoctorPostgres(t *testing.T) {
	t.Parallel()
	d := newDoctor(t, "VHOD_DATABASE="+storetest.DSN(t, storetest.Postgres), "VHOD_KEK=k1:"+strings.Repeat("A", 43)+"=", "VHOD_KEK_FILE=")
	var f findings
	d.database(t.Context(), &f)
	if !has(f, stateOK, "clock", "agrees") || !has(f, stateOK, "database", "PostgreSQL ") || !has(f, stateFailure, "schema", "0001_") {
		t.Errorf("%+v", f)
	}
	d.config.Database += "&default_transaction_read_only=on"
	f, d.now = nil, func() time.Time { return time.Now().Add(time.Hour) }
	d.database(t.Context(), &f)
	if !has(f, stateFailure, "clock", "is off by -1h0m0") || !has(f, stateFailure, "database", "only be read") {
		t.Errorf("%+v", f)
	}
	d.config.Database = strings.Replace(d.config.Database, "default_transaction_read_only=on", "synchronous_commit=off", 1)
	f = nil
	d.database(t.Context(), &f)
	if !has(f, stateFailure, "database", "synchronous_commit is off") {
		t.Errorf("%+v", f)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	_, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:1")
	if got := short(err); !strings.Contains(got, "refused") || strings.Contains(got, "127.0.0.1") {
		t.Error(got)
	}
	if got := short(errors.New("x")); got != "x" {
		t.Error(got)
	}
}
