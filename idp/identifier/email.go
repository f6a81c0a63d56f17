package identifier

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxEmail and maxLocal are the limits of RFC 5321 §4.5.3.1, in bytes.
const (
	maxEmail = 254
	maxLocal = 64
)

// ParseEmail reads an address (RFC 5322 §3.4.1 addr-spec, without comments): as
// typed, and folded for comparing without regard to case. ErrDisposable and
// ErrRole come with both.
func ParseEmail(text string) (typed, folded string, err error) {
	text, err = clean(text)
	if err != nil {
		return "", "", err
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text || strings.ContainsAny(text, " \"<>()") {
		return "", "", ErrEmail
	}
	at := strings.LastIndexByte(text, '@')
	local := text[:at]
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	if err != nil || !strings.Contains(domain, ".") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") ||
		len(local) > maxLocal || len(local)+1+len(domain) > maxEmail || !utf8.ValidString(local) {
		return "", "", ErrEmail
	}
	folded = strings.ToLower(local) + "@" + domain
	switch {
	case disposable[domain]:
		return text, folded, ErrDisposable
	case roles[strings.ToLower(local)]:
		return text, folded, ErrRole
	}
	return text, folded, nil
}

// disposable are domains that give addresses for minutes.
var disposable = set("10minutemail.com", "20minutemail.com", "33mail.com", "anonaddy.me", "discard.email", "dispostable.com", "emailondeck.com", "fakeinbox.com",
	"getairmail.com", "getnada.com", "grr.la", "guerrillamail.com", "guerrillamail.info", "guerrillamail.net", "guerrillamail.org", "harakirimail.com", "inboxkitten.com",
	"mail-temp.com", "mailcatch.com", "maildrop.cc", "mailinator.com", "mailnesia.com", "mailnull.com", "mintemail.com", "moakt.com", "mohmal.com", "mytemp.email",
	"nada.email", "sharklasers.com", "spam4.me", "spambog.com", "spamgourmet.com", "temp-mail.io", "temp-mail.org", "temp-mail.ru", "tempail.com", "tempmail.com", "tempmail.plus",
	"tempmailo.com", "tempr.email", "throwawaymail.com", "trash-mail.com", "trashmail.com", "trbvm.com", "yopmail.com", "yopmail.fr", "yopmail.net", "zetmail.com")

// roles are the mailboxes of RFC 2142 and their kin.
var roles = set("abuse", "admin", "administrator", "billing", "contact", "hostmaster", "info", "help", "mailer-daemon", "marketing", "no-reply", "noc", "noreply",
	"office", "postmaster", "root", "sales", "security", "spam", "support", "sysadmin", "webmaster")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
