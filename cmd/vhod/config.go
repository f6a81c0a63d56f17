package main

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vhod/idp/server"
	"vhod/keys"
)

// config is the configuration of `vhod serve`: a YAML file, each key of which
// the environment overrides as VHOD_ and the key in capitals, dots as
// underscores (VHOD_SMTP_HOST). A secret may stand in a file of its own, which
// VHOD_…_FILE names (VHOD_SMTP_PASSWORD_FILE). Unknown keys are refused.
type config struct {
	// Issuer is the provider's address as browsers and services see it, https,
	// without a path. Every absolute link is made from it.
	Issuer string `yaml:"issuer" secret:"url"`
	// Listen is the address to listen on, host:port.
	Listen string `yaml:"listen"`
	// TLS is the certificate to serve with; empty when a proxy ends TLS.
	TLS tlsConfig `yaml:"tls"`
	// TrustedProxies are the networks of the proxies that end TLS, as
	// 10.1.2.0/24 with spaces between; without them it is a proxy on this machine. Nobody else is answered then.
	TrustedProxies networks `yaml:"trusted_proxies"`
	// Limits are how much one process takes on.
	Limits limitsConfig `yaml:"limits"`
	// Database is the address of PostgreSQL (postgres://…) or a file of SQLite
	// (sqlite:PATH).
	Database string `yaml:"database" secret:"url"`
	// DatabaseConnections bounds the open connections.
	DatabaseConnections int `yaml:"database_connections"`
	// KEKFile holds the key-encryption keys, one "id:base64" a line, readable by
	// the owner alone. KEK gives the same text directly, best from the environment.
	KEKFile string `yaml:"kek_file"`
	KEK     string `yaml:"kek" secret:"all"`
	// Password is the cost of hashing passwords.
	Password passwordConfig `yaml:"password"`
	// Keys are the terms of the signing keys.
	Keys keysConfig `yaml:"keys"`
	// SMTP delivers e-mail.
	SMTP smtpConfig `yaml:"smtp"`
	// SMS delivers text messages through an HTTP gateway.
	SMS smsConfig `yaml:"sms"`
	// MinimumAge is the age in years from which people register themselves.
	MinimumAge int `yaml:"minimum_age"`
	// Metrics are for Prometheus, on a listener of their own.
	Metrics metricsConfig `yaml:"metrics"`
	// Traces go to a collector of OpenTelemetry.
	Traces tracesConfig `yaml:"traces"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `yaml:"log_level"`
}

type limitsConfig struct {
	// Instances is how many processes share what networks and services may ask for.
	Instances   int `yaml:"instances"`
	Connections int `yaml:"connections"` // open at a time
	Requests    int `yaml:"requests"`    // in hand at a time; more are answered 503
	Pages       int `yaml:"pages"`       // a minute, from one network (/24, /64)
	Forms       int `yaml:"forms"`       // posted a minute, from one network
	Passwords   int `yaml:"passwords"`   // posted a minute, from one network
	Failures    int `yaml:"failures"`    // wrong passwords an hour, from one host
	Protocol    int `yaml:"protocol"`    // requests of services a minute, from one network
	Client      int `yaml:"client"`      // requests a minute of one service
}

type tlsConfig struct {
	Certificate string `yaml:"certificate"` // a PEM file with the chain
	Key         string `yaml:"key"`         // a PEM file
}

type passwordConfig struct {
	MemoryKiB   uint32 `yaml:"memory_kib"`  // Argon2id memory
	Time        uint32 `yaml:"time"`        // passes
	Parallelism uint8  `yaml:"parallelism"` // lanes
}

type keysConfig struct {
	Period duration `yaml:"period"` // how long a signing key is in use
}

type smtpConfig struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"`
	User     string `yaml:"user"`
	Password string `yaml:"password" secret:"all"`
	From     string `yaml:"from"` // the sender's address
	TLS      string `yaml:"tls"`  // starttls, implicit, none
}

type smsConfig struct {
	URL    string `yaml:"url" secret:"url"` // {to}, {text} and {id} are filled in
	Method string `yaml:"method"`           // POST or GET
	// Body is the template of the request's body; values are escaped for
	// ContentType. It may hold the gateway's key, so its own values are masked.
	Body          string `yaml:"body" secret:"body"`
	ContentType   string `yaml:"content_type"`
	Authorization string `yaml:"authorization" secret:"all"` // the whole header
}

type metricsConfig struct {
	Listen string `yaml:"listen"` // host:port on this machine or its own network; empty is none
}

type tracesConfig struct {
	Endpoint      string `yaml:"endpoint" secret:"url"`      // the collector's address (OTLP over HTTP); empty is none
	Authorization string `yaml:"authorization" secret:"all"` // the whole header
	OneIn         int    `yaml:"one_in"`                     // one request of so many is traced
}

// portByTLS stands for a port of the mail server that nobody set.
const portByTLS = math.MinInt

// presets are the numbers that hold unless others are set, a zero too: a zero that
// somebody typed is refused, not taken for nothing.
func presets() *config {
	return &config{
		DatabaseConnections: 16,
		Password:            passwordConfig{MemoryKiB: 19456, Time: 2, Parallelism: 1},
		Keys:                keysConfig{Period: duration(90 * 24 * time.Hour)},
		SMTP:                smtpConfig{Port: portByTLS},
		MinimumAge:          18,
		Limits: limitsConfig{
			Instances: 1, Connections: 10_000, Requests: 1000, Pages: 6000, Forms: 1200, Passwords: 300, Failures: 100, Protocol: 60_000, Client: 60_000,
		},
		Traces: tracesConfig{OneIn: 100},
	}
}

// defaults fills in the words that were left out, and what depends on them.
func (c *config) defaults() {
	fill(&c.SMTP.TLS, "starttls")
	if c.SMTP.Port == portByTLS {
		c.SMTP.Port = 587 // RFC 6409 §3.1
		if c.SMTP.TLS == "implicit" {
			c.SMTP.Port = 465 // RFC 8314 §3.3
		}
	}
	fill(&c.SMS.Method, "POST")
	fill(&c.SMS.ContentType, "application/json")
	if c.SMS.Method == "POST" && c.SMS.ContentType == "application/json" {
		fill(&c.SMS.Body, `{"to":{to},"text":{text},"id":{id}}`)
	}
	fill(&c.LogLevel, "info")
}

func fill(value *string, otherwise string) {
	if *value == "" {
		*value = otherwise
	}
}

// proxies are the networks that a proxy may be in; none when TLS ends here.
func (c *config) proxies() []netip.Prefix {
	if c.TLS.Certificate != "" {
		return nil
	}
	if len(c.TrustedProxies) == 0 {
		return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return c.TrustedProxies
}

// limits are this process's share.
func (l limitsConfig) limits() server.Limits {
	share := func(n int) int { return max(1, n/l.Instances) }
	return server.Limits{
		Requests: l.Requests, Pages: share(l.Pages), Forms: share(l.Forms), Passwords: share(l.Passwords), Failures: share(l.Failures),
		Protocol: share(l.Protocol), Client: share(l.Client),
	}
}

// cost is the cost of new password hashes.
func (p passwordConfig) cost() keys.Cost {
	return keys.Cost{Memory: p.MemoryKiB, Time: p.Time, Threads: p.Parallelism}
}

// kek loads the key-encryption keys from where the configuration has them.
func (c *config) kek() (keys.KEK, error) {
	if c.KEK != "" {
		return keys.ParseKEK(c.KEK)
	}
	if folder := os.Getenv("CREDENTIALS_DIRECTORY"); folder != "" && filepath.Dir(c.KEKFile) == filepath.Clean(folder) {
		// systemd shows the folder to this service alone; its access list makes the
		// mode look as if a group could read the file (systemd.exec(5), LoadCredential=).
		text, err := readBounded(c.KEKFile, maxSecret)
		if err != nil {
			return nil, err
		}
		return keys.ParseKEK(string(text))
	}
	return keys.LoadKEK(c.KEKFile)
}

// duration is written as Go writes it: 2160h, 90m.
type duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration such as 2160h", text)
	}
	*d = duration(parsed)
	return nil
}

// networks are written as 10.1.2.0/24, with spaces or commas between them.
type networks []netip.Prefix

// MarshalText implements encoding.TextMarshaler.
func (n networks) MarshalText() ([]byte, error) {
	var all []string
	for _, one := range n {
		all = append(all, one.String())
	}
	return []byte(strings.Join(all, " ")), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *networks) UnmarshalText(text []byte) error {
	*n = nil
	for _, one := range strings.FieldsFunc(string(text), func(r rune) bool { return r == ' ' || r == ',' }) {
		network, err := netip.ParsePrefix(one)
		switch {
		case err != nil:
			return fmt.Errorf("%q is no network such as 10.1.2.0/24", one)
		case network != network.Masked():
			return fmt.Errorf("%q has bits past its length: %s is meant", one, network.Masked())
		case network.Bits() == 0:
			return fmt.Errorf("%q trusts everybody", one)
		}
		*n = append(*n, network)
	}
	return nil
}
