package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"
)

// dnsWithin bounds the questions to the name server.
const dnsWithin = 6 * time.Second

// resolver is what is asked of a name server.
type resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// records looks for what other mail servers ask of the sender's domain. They only
// warn: mail may go to servers of one's own alone.
func (d *doctor) records(ctx context.Context, f *findings) {
	_, domain, ok := strings.Cut(d.config.SMTP.From, "@")
	if !ok {
		return // the configuration's section tells
	}
	ctx, cancel := context.WithTimeout(ctx, dnsWithin)
	defer cancel()
	const spam = " Without it mail with codes lands in the spam folder or is refused."
	d.record(ctx, f, "spf", []string{domain}, "v=spf1", "Publish a TXT record at "+domain+": v=spf1 with the mail server's address (RFC 7208)."+spam)
	// RFC 7489 §6.6.3: else the organisation's domain is asked, which is above.
	names := []string{"_dmarc." + domain}
	for rest := domain; strings.Count(rest, ".") > 1; {
		_, rest, _ = strings.Cut(rest, ".")
		names = append(names, "_dmarc."+rest)
	}
	d.record(ctx, f, "dmarc", names, "v=DMARC1", "Publish a TXT record at _dmarc."+domain+": v=DMARC1; p=quarantine (RFC 7489)."+spam)
	if d.selector == "" {
		f.warn("dkim", "Name the selector under which the mail server signs: vhod doctor --dkim-selector NAME.", "its record was not looked for")
		return
	}
	// RFC 6376 §3.6.1: the version may be left out, the key may not.
	d.record(ctx, f, "dkim", []string{d.selector + "._domainkey." + domain}, "p=", "Have the mail server sign, and publish its key at "+d.selector+"._domainkey."+domain+" (RFC 6376)."+spam)
}

// record looks for one kind of text under the first name that has it.
func (d *doctor) record(ctx context.Context, f *findings, check string, names []string, mark, advice string) {
	for _, name := range names {
		texts, err := d.resolver.LookupTXT(ctx, name)
		var dns *net.DNSError
		if err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
			f.warn(check, "Run this again where a name server can be reached.", "could not ask for %s: %s", name, short(err))
			return
		}
		for _, text := range texts {
			if strings.HasPrefix(text, mark) || check == "dkim" && strings.Contains(text, mark) {
				f.ok(check, "%s has its record", name)
				return
			}
		}
	}
	f.warn(check, advice, "%s has no record", names[0])
}
