package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// expiresSoon is how long before its end a certificate should have been renewed.
const expiresSoon = 14 * 24 * time.Hour

// certificate looks at the certificate that browsers are shown.
func (d *doctor) certificate(_ context.Context, f *findings) {
	c := d.config.TLS
	if c.Certificate == "" || c.Key == "" {
		f.ok("tls", "a proxy ends TLS; its certificate is looked at there")
		return
	}
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		f.fail("tls", "tls.certificate must hold the certificate first, then its chain, and tls.key the key that belongs to it, in PEM.", "%v", err)
		return
	}
	before := len(*f)
	leaf := pair.Leaf
	if issuer, err := url.Parse(d.config.Issuer); err == nil && issuer.Hostname() != "" {
		if err := leaf.VerifyHostname(issuer.Hostname()); err != nil {
			f.fail("tls", "Order one that names the host of `issuer`: browsers refuse this one.", "%v", err)
		}
	}
	d.validity("tls", leaf, f)
	between := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		if one, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(one)
		}
	}
	// At a moment when it is valid: what is past its time was told of above.
	moment := d.now()
	if moment.After(leaf.NotAfter) || moment.Before(leaf.NotBefore) {
		moment = leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: d.roots, Intermediates: between, CurrentTime: moment}); err != nil {
		f.warn("tls", "Put the intermediate certificates after it in tls.certificate. If its authority is not known to this machine, see that browsers know it.", "its chain leads to nobody whom this machine trusts: %v", err)
	}
	if len(*f) == before {
		f.ok("tls", "it names the host, its chain is whole, it is valid until %s", at(leaf.NotAfter))
	}
}

// validity tells whether a certificate is in its time.
func (d *doctor) validity(check string, c *x509.Certificate, f *findings) {
	left := c.NotAfter.Sub(d.now())
	switch {
	case d.now().Before(c.NotBefore):
		f.fail(check, "Is the clock of this machine right?", "the certificate is valid only from %s", at(c.NotBefore))
	case left <= 0:
		f.fail(check, "Renew it now; the server takes a renewed file within a minute, without a restart.", "the certificate expired %s", at(c.NotAfter))
	case left < expiresSoon:
		f.warn(check, "Renew it; the server takes a renewed file within a minute, without a restart.", "the certificate expires in %d days, %s", int(left.Hours()/24), at(c.NotAfter))
	}
}

// files looks at who may read and write the files of the configuration.
func (d *doctor) files(_ context.Context, f *findings) {
	before := len(*f)
	held := d.path
	if text, err := filepath.Abs(d.path); err == nil {
		held = text
	}
	d.file(f, held, d.config.holdsSecret(d.environ))
	for _, key := range []string{d.config.TLS.Key, d.config.KEKFile} {
		if key != "" {
			d.file(f, key, true)
		}
	}
	if len(*f) == before {
		f.ok("files", "nobody else may read what is secret, nor write any of it")
	}
}

func (d *doctor) file(f *findings, path string, secret bool) {
	info, err := os.Stat(path)
	if err != nil {
		f.fail("files", "See that it is there and that the user of the server may read it.", "%v", err)
		return
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o022 != 0:
		f.fail("files", "Run chmod go-w on it.", "others may write %s: mode %04o", path, mode)
	case secret && mode&0o007 != 0:
		f.fail("files", "Run chmod o-rwx on it; if it was so for long, change the secrets in it.", "everybody may read %s, which holds a secret: mode %04o", path, mode)
	}
}
