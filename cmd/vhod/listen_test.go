package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func localListener(t *testing.T) net.Listener {
	t.Helper()
	l, err := listen(t.Context(), "127.0.0.1:0", "--addr")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestStopDrains: a request in hand is answered after the stop was asked for.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	began, finish := make(chan struct{}), make(chan struct{})
	l := localListener(t)
	ctx, stop := context.WithCancel(t.Context())
	stopping := make(chan struct{})
	e := endpoint{listener: l, log: slog.New(slog.DiscardHandler), stopping: func() { close(stopping) }, handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-finish
		_, _ = io.WriteString(w, "answered")
	})}
	served := make(chan error, 1)
	go func() { served <- e.serve(ctx) }()
	answer := make(chan string, 1)
	go func() {
		_, text, err := ask(http.MethodGet, "http://"+l.Addr().String()+"/", "")
		if err != nil {
			text = err.Error()
		}
		answer <- text
	}()
	<-began
	stop()
	<-stopping
	close(finish)
	if got := <-answer; got != "answered" {
		t.Errorf("the request in hand got %q", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, _, err := ask(http.MethodGet, "http://"+l.Addr().String()+"/", ""); err == nil {
		t.Error("it still answers")
	}
}

// TestNotice: a stopping server goes on answering for a while.
func TestNotice(t *testing.T) {
	t.Parallel()
	l := localListener(t)
	ctx, stop := context.WithCancel(t.Context())
	stopping := make(chan struct{})
	e := endpoint{listener: l, log: slog.New(slog.DiscardHandler), notice: time.Second, stopping: func() { close(stopping) },
		handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "still here") })}
	served := make(chan error, 1)
	go func() { served <- e.serve(ctx) }()
	stop()
	<-stopping
	if _, text, err := ask(http.MethodGet, "http://"+l.Addr().String()+"/", ""); text != "still here" {
		t.Errorf("%q, %v", text, err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	l := localListener(t)
	ctx, stop := context.WithCancel(t.Context())
	e := endpoint{listener: l, log: slog.New(slog.DiscardHandler), stopping: func() {}, handler: http.NotFoundHandler()}
	served := make(chan error, 1)
	go func() { served <- e.serve(ctx) }()
	status, _, err := ask(http.MethodGet, "http://"+l.Addr().String()+"/?"+strings.Repeat("a", 2*maxHeaderBytes), "")
	if err == nil && status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", status)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func newCertificate(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	certFile, keyFile, err := writeCertificate(dir, serial)
	if err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

// writeCertificate writes a self-signed certificate for localhost.
func writeCertificate(dir string, serial int64) (certFile, keyFile string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	return certFile, keyFile, errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := newCertificate(t, dir, 1)
	config, err := loadTLS(certFile, keyFile, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l := localListener(t)
	ctx, stop := context.WithCancel(t.Context())
	e := endpoint{listener: l, tls: config, log: slog.New(slog.DiscardHandler), stopping: func() {}, handler: http.NotFoundHandler()}
	served := make(chan error, 1)
	go func() { served <- e.serve(ctx) }()
	for version, want := range map[uint16]bool{tls.VersionTLS13: true, tls.VersionTLS12: false} {
		d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: version}} //nolint:gosec // of a test
		connection, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
		if (err == nil) != want {
			t.Errorf("TLS %x: %v", version, err)
		}
		if err == nil {
			_ = connection.Close()
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := loadTLS(keyFile, certFile, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a key was taken for a certificate")
	}
}

// TestCertificateRenewed: new files are taken over, broken ones are not.
func TestCertificateRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := newCertificate(t, dir, 1)
	c := &certificate{file: certFile, key: keyFile, log: slog.New(slog.DiscardHandler)}
	if err := c.load(); err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		t.Helper()
		c.looked = time.Time{}
		return c.get().Leaf.SerialNumber.Int64()
	}
	newCertificate(t, dir, 2)
	touch := func(ahead time.Duration) {
		t.Helper()
		if err := os.Chtimes(certFile, time.Time{}, time.Now().Add(ahead)); err != nil {
			t.Fatal(err)
		}
	}
	touch(time.Minute)
	if got := serial(); got != 2 {
		t.Errorf("after a renewal serial number %d", got)
	}
	if err := os.WriteFile(certFile, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	touch(2 * time.Minute)
	if got := serial(); got != 2 {
		t.Errorf("with a broken file serial number %d", got)
	}
}
