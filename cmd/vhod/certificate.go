package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateEvery is how often at most the files are looked at.
const certificateEvery = time.Minute

// certificate is a TLS certificate in two files; a renewed one is taken over
// without a restart.
type certificate struct {
	file, key string
	log       *slog.Logger

	mu       sync.Mutex
	current  *tls.Certificate
	looked   time.Time
	modified time.Time
}

// loadTLS loads the certificate. Only TLS 1.3 is spoken.
func loadTLS(file, key string, log *slog.Logger) (*tls.Config, error) {
	c := &certificate{file: file, key: key, log: log}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	c.looked = time.Now()
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(), nil },
	}, nil
}

func (c *certificate) load() error {
	info, err := os.Stat(c.file)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.file, c.key)
	if err != nil {
		return err
	}
	c.current, c.modified = &pair, info.ModTime()
	return nil
}

// get is the certificate in use; while a renewed one cannot be loaded, the old.
func (c *certificate) get() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= certificateEvery {
		c.looked = now
		if info, err := os.Stat(c.file); err != nil || !info.ModTime().Equal(c.modified) {
			if err := c.load(); err != nil {
				c.log.Error("renewed certificate cannot be loaded", slog.String("error", err.Error()))
			}
		}
	}
	return c.current
}
