package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"vhod/keys"
)

// refusals gathers what is wrong with the settings, each under its name.
type refusals []error

func (r *refusals) add(setting, format string, args ...any) {
	*r = append(*r, fmt.Errorf("%s: "+format, append([]any{setting}, args...)...))
}

// check refuses settings with which the provider would not be safe, all at once.
// No message repeats a value that may hold a secret.
func (c *config) check() error {
	var r refusals
	c.checkIssuer(&r)
	c.checkListener(&r)
	c.checkLimits(&r)
	c.checkDatabase(&r)
	c.checkKeys(&r)
	c.checkSMTP(&r)
	c.checkSMS(&r)
	c.checkMetrics(&r)
	c.checkTraces(&r)
	// The source documents set 18 and let younger people in through a centre only;
	// below 14 nobody has a passport to be known by.
	if c.MinimumAge < 14 || c.MinimumAge > 100 {
		r.add("minimum_age", "14 to 100, not %d", c.MinimumAge)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		r.add("log_level", "debug, info, warn or error, not %q", c.LogLevel)
	}
	return errors.Join(r...)
}

func (c *config) checkIssuer(r *refusals) {
	if err := checkOrigin(c.Issuer, "https"); err != nil {
		r.add("issuer", "%w", err)
	}
}

// checkOrigin tells whether an address is what browsers call an origin, in the one
// way of writing it: services compare issuers as text (OpenID Connect Discovery §4.3).
func checkOrigin(address string, schemes ...string) error {
	if address == "" {
		return errors.New("the provider's address is missing")
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil:
		return errors.New("this is no address of a web server")
	case !slices.Contains(schemes, u.Scheme):
		return fmt.Errorf("it must begin with %s://", strings.Join(schemes, ":// or "))
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("it must have neither path, query nor a slash at the end")
	case address != u.Scheme+"://"+u.Host || u.Host != strings.ToLower(u.Host):
		return errors.New("it must be written in small letters, with nothing besides scheme, host and port")
	case u.Port() == "" && strings.HasSuffix(u.Host, ":"), u.Scheme == "https" && u.Port() == "443", u.Scheme == "http" && u.Port() == "80":
		return errors.New("the port of the scheme must be left out")
	}
	return nil
}

func (c *config) checkListener(r *refusals) {
	host, _, err := net.SplitHostPort(c.Listen)
	plain := c.TLS.Certificate == "" && c.TLS.Key == ""
	switch {
	case c.Listen == "":
		r.add("listen", "host:port is missing")
	case err != nil:
		r.add("listen", "%q is no host:port", c.Listen)
	case plain && !loopback(host) && len(c.TrustedProxies) == 0:
		r.add("listen", "%q without tls: plain http is for a proxy on this machine, on loopback, or for trusted_proxies", c.Listen)
	}
	if !plain && len(c.TrustedProxies) > 0 {
		r.add("trusted_proxies", "a proxy that ends TLS and tls together: leave one out")
	}
	if !plain && (c.TLS.Certificate == "" || c.TLS.Key == "") {
		r.add("tls", "certificate and key go together")
	}
}

// checkMetrics keeps the metrics from strangers: an address must be named that they
// do not reach, not "all of this machine's".
func (c *config) checkMetrics(r *refusals) {
	if c.Metrics.Listen == "" {
		return
	}
	host, _, err := net.SplitHostPort(c.Metrics.Listen)
	address, _ := netip.ParseAddr(host) // the zero address is not private
	switch {
	case err != nil:
		r.add("metrics.listen", "%q is no host:port", c.Metrics.Listen)
	case !loopback(host) && !address.Unmap().IsPrivate():
		r.add("metrics.listen", "%q could be reached by strangers: name an address of loopback or of the private network", c.Metrics.Listen)
	case c.Metrics.Listen == c.Listen:
		r.add("metrics.listen", "it must not be the address that everybody asks")
	}
}

func (c *config) checkTraces(r *refusals) {
	t := c.Traces
	if t.OneIn < 1 || t.OneIn > 1_000_000 {
		r.add("traces.one_in", "1 (every request) to 1000000, not %d", t.OneIn)
	}
	if t.Endpoint == "" {
		return
	}
	u, err := url.Parse(t.Endpoint)
	switch {
	case err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(u.Path, "/"):
		r.add("traces.endpoint", "this is no address of a collector, like https://collector.example.com:4318")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		r.add("traces.endpoint", "it must be https, or http to this machine")
	}
}

// loopback tells whether a host is this machine, without asking a name server.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

func (c *config) checkDatabase(r *refusals) {
	path, file := strings.CutPrefix(c.Database, "sqlite:")
	switch {
	case c.Database == "":
		r.add("database", "the address is missing")
	case file && path == "":
		r.add("database", "the path is missing after sqlite:")
	case file:
	case strings.HasPrefix(c.Database, "postgres://"), strings.HasPrefix(c.Database, "postgresql://"):
		if err := checkPostgres(c.Database); err != nil {
			r.add("database", "%w", err)
		}
	default:
		r.add("database", "it must begin with postgres:// or sqlite:")
	}
	if c.DatabaseConnections < 2 || c.DatabaseConnections > 1000 {
		r.add("database_connections", "2 to 1000, not %d", c.DatabaseConnections)
	}
}

// checkPostgres wants a connection that crosses a network to be encrypted and its
// server to be known: without a word the driver would go on in the clear.
func checkPostgres(dsn string) error {
	u, err := url.Parse(dsn)
	if err != nil {
		return errors.New("this is no address of a database")
	}
	hosts := strings.Split(u.Host, ",")
	if host := u.Query().Get("host"); host != "" {
		hosts = strings.Split(host, ",")
	}
	local := true
	for _, host := range hosts {
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.Trim(host, "[]")
		local = local && (host == "" || strings.HasPrefix(host, "/") || loopback(host))
	}
	if mode := u.Query().Get("sslmode"); !local && mode != "verify-full" && mode != "verify-ca" {
		return errors.New("a server on another machine needs sslmode=verify-full (or verify-ca)")
	}
	return nil
}

func (c *config) checkLimits(r *refusals) {
	l := c.Limits
	for _, one := range []struct {
		name  string
		value int
	}{
		{"instances", l.Instances}, {"connections", l.Connections}, {"requests", l.Requests}, {"pages", l.Pages}, {"forms", l.Forms},
		{"passwords", l.Passwords}, {"failures", l.Failures}, {"protocol", l.Protocol}, {"client", l.Client},
	} {
		if one.value < 1 || one.value > math.MaxInt32 {
			r.add("limits."+one.name, "1 or more, not %d", one.value)
		}
	}
}

func (c *config) checkKeys(r *refusals) {
	switch {
	case (c.KEK == "") == (c.KEKFile == ""):
		r.add("kek_file", "exactly one of kek_file and kek is needed")
	case c.KEK != "":
		if _, err := keys.ParseKEK(c.KEK); err != nil {
			r.add("kek", "%w", err)
		}
	}
	if m := c.Password.MemoryKiB; m < 19456 || m > 1<<20 {
		r.add("password.memory_kib", "19456 (19 MiB) to 1048576 (1 GiB), not %d", m)
	}
	if t := c.Password.Time; t < 2 || t > 16 {
		r.add("password.time", "2 to 16, not %d", t)
	}
	if p := c.Password.Parallelism; p < 1 || p > 16 {
		r.add("password.parallelism", "1 to 16, not %d", p)
	}
	if p := time.Duration(c.Keys.Period); p < 24*time.Hour || p > 2*365*24*time.Hour {
		r.add("keys.period", "24h to 17520h (two years), not %s", p)
	}
}

func (c *config) checkSMTP(r *refusals) {
	s := c.SMTP
	if s.Host == "" {
		r.add("smtp.host", "a server is needed to send codes by e-mail")
	}
	if s.Port < 1 || s.Port > 65535 {
		r.add("smtp.port", "1 to 65535, not %d", s.Port)
	}
	if address, err := mail.ParseAddress(s.From); err != nil || address.Address != s.From {
		r.add("smtp.from", "the sender's address is needed, like no-reply@example.com")
	}
	if (s.User == "") != (s.Password == "") {
		r.add("smtp.user", "user and password go together")
	}
	switch s.TLS {
	case "starttls", "implicit":
	case "none":
		if !loopback(s.Host) {
			r.add("smtp.tls", "none is for a server on this machine")
		}
	default:
		r.add("smtp.tls", "starttls, implicit or none, not %q", s.TLS)
	}
}

func (c *config) checkSMS(r *refusals) {
	s := c.SMS
	u, err := url.Parse(strings.NewReplacer("{to}", "to", "{text}", "text", "{id}", "id").Replace(s.URL))
	switch {
	case s.URL == "":
		r.add("sms.url", "a gateway is needed to send codes by SMS")
	case err != nil || u.Hostname() == "":
		r.add("sms.url", "this is no address of a web server")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		r.add("sms.url", "it must be https, or http to this machine")
	}
	if s.Method != "POST" && s.Method != "GET" {
		r.add("sms.method", "POST or GET, not %q", s.Method)
	}
	if s.Method == "GET" && s.Body != "" {
		r.add("sms.body", "a GET has none")
	}
	for _, placeholder := range []string{"{to}", "{text}"} {
		if s.URL != "" && !strings.Contains(s.URL+s.Body, placeholder) {
			r.add("sms.body", "%s occurs neither here nor in sms.url", placeholder)
		}
	}
	if s.ContentType == "application/json" && s.Body != "" && !fillsJSON(s.Body) {
		r.add("sms.body", "with {to}, {text} and {id} filled in (they bring their own quotes) it must be JSON")
	}
	if !slices.Contains([]string{"application/json", "application/x-www-form-urlencoded"}, s.ContentType) {
		r.add("sms.content_type", "application/json or application/x-www-form-urlencoded, not %q", s.ContentType)
	}
}

// fillsJSON tells that a template is JSON once its placeholders are filled in.
func fillsJSON(template string) bool {
	return json.Valid([]byte(strings.NewReplacer("{to}", `""`, "{text}", `""`, "{id}", `""`).Replace(template)))
}

// refused is check with words for the person who starts the program.
func (c *config) refused() error {
	if err := c.check(); err != nil {
		return fmt.Errorf("the configuration is not safe:\n%w", err)
	}
	return nil
}
