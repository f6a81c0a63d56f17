package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"strconv"
	"strings"

	"vhod/idp/notify"
)

// mail goes as far as a message would, and sends none.
func (d *doctor) mail(ctx context.Context, f *findings) {
	c := d.config.SMTP
	if c.Host == "" || c.Port < 1 || c.Port > 65535 {
		return // the configuration's section tells
	}
	address := net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		f.fail("mail", "Check smtp.host and smtp.port, and that the firewall lets this machine out to it.", "%s cannot be reached: %s", address, short(err))
		return
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline) // it fails on a closed connection only, as does what follows
	}
	encryption := &tls.Config{ServerName: c.Host, RootCAs: d.roots, MinVersion: tls.VersionTLS12}
	const untrusted = "The certificate of the mail server must name smtp.host and come from an authority that this machine trusts."
	if c.TLS == "implicit" {
		encrypted := tls.Client(conn, encryption)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			f.fail("mail", untrusted, "%s: TLS fails: %v", address, err)
			return
		}
		d.validity("mail", encrypted.ConnectionState().PeerCertificates[0], f)
		conn = encrypted
	}
	client, err := smtp.NewClient(conn, c.Host)
	if err != nil {
		f.fail("mail", "Does another service listen on this port? smtp.tls implicit goes with port 465, starttls with 587.", "%s does not greet as a mail server: %s", address, short(err))
		return
	}
	if c.TLS == "starttls" {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			f.fail("mail", "Switch it on there, or set smtp.tls: implicit with port 465. Messages are not sent in the clear.", "%s offers no STARTTLS", address)
			return
		}
		if err := client.StartTLS(encryption); err != nil {
			f.fail("mail", untrusted, "%s: STARTTLS fails: %v", address, err)
			return
		}
		if state, ok := client.TLSConnectionState(); ok {
			d.validity("mail", state.PeerCertificates[0], f)
		}
	}
	_ = client.Quit() // all is known
	if c.User == "" {
		f.ok("mail", "%s answers (smtp.tls: %s)", address, c.TLS)
		return
	}
	sender, err := notify.NewSMTP(notify.SMTPConfig{Host: c.Host, Port: c.Port, User: c.User, Password: c.Password, From: c.From, TLS: c.TLS, Roots: d.roots}, d.now)
	if err == nil {
		err = sender.Check(ctx)
	}
	if err != nil {
		f.fail("mail", "Check smtp.user and smtp.password.", "%s answers, but does not let us in: %v", address, err)
		return
	}
	f.ok("mail", "%s answers and lets us in (smtp.tls: %s)", address, c.TLS)
}

// sms connects to the gateway and asks it nothing: what it would take for a message
// is not known.
func (d *doctor) sms(ctx context.Context, f *findings) {
	gateway, err := url.Parse(strings.NewReplacer("{to}", "to", "{text}", "text", "{id}", "id").Replace(d.config.SMS.URL))
	if err != nil || gateway.Hostname() == "" {
		return // the configuration's section tells
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: gateway}); err == nil && proxy != nil {
		f.warn("sms", "Send yourself a code to see.", "%s is reached through the proxy %s and was not asked", gateway.Hostname(), proxy.Host)
		return
	}
	port := gateway.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[gateway.Scheme]
	}
	address := net.JoinHostPort(gateway.Hostname(), port)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		f.fail("sms", "Check sms.url, and that the firewall lets this machine out to it.", "%s cannot be reached: %s", address, short(err))
		return
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	if gateway.Scheme == "https" {
		encrypted := tls.Client(conn, &tls.Config{ServerName: gateway.Hostname(), RootCAs: d.roots, MinVersion: tls.VersionTLS12})
		if err := encrypted.HandshakeContext(ctx); err != nil {
			f.fail("sms", "The certificate of the gateway must name its host and come from an authority that this machine trusts.", "%s: TLS fails: %v", address, err)
			return
		}
		d.validity("sms", encrypted.ConnectionState().PeerCertificates[0], f)
	}
	f.ok("sms", "%s answers; whether it accepts sms.authorization shows with the first message", address)
}
