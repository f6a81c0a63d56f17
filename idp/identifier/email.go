package identifier

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Limits of RFC 5321 §4.5.3.1 and RFC 1035 §2.3.4, in bytes.
const (
	maxEmail = 254
	maxLocal = 64
	maxLabel = 63
)

// ParseEmail reads an address (RFC 5322 §3.4.1 addr-spec, without comments and
// quotes; RFC 6531 letters allowed): as typed, and folded for comparing without
// regard to case, the domain in its ASCII form. Nothing else is folded: what a
// plus or a dot means is for the mailbox's provider to say. ErrDisposable and
// ErrRole come with both; ErrEmpty, ErrTooLong, ErrText, ErrEmail with neither.
func ParseEmail(text string) (typed, folded string, err error) {
	text, err = clean(text)
	if err != nil {
		return "", "", err
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text {
		return "", "", ErrEmail
	}
	at := strings.LastIndexByte(text, '@')
	local := norm.NFKC.String(strings.ToLower(text[:at]))
	if strings.ContainsFunc(text[:at], notAtext) || strings.ContainsFunc(text[:at], foldsToASCII) {
		return "", "", ErrEmail
	}
	domain, ok := foldDomain(text[at+1:])
	if !ok {
		return "", "", ErrEmail
	}
	folded = local + "@" + domain
	switch {
	case at > maxLocal || len(text) > maxEmail || len(local) > maxLocal || len(folded) > maxEmail:
		return "", "", ErrTooLong
	case Disposable(domain):
		return text, folded, ErrDisposable
	case RoleMailbox(local):
		return text, folded, ErrRole
	}
	return text, folded, nil
}

// notAtext: RFC 5322 §3.2.3, widened by RFC 6531 §3.3 to letters and digits of
// other scripts but not to whatever looks like nothing.
func notAtext(r rune) bool {
	if r <= unicode.MaxASCII {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.", r)
	}
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// foldsToASCII tells of a letter that only looks like one of ASCII when folded (İ,
// the Kelvin sign, full-width letters, ligatures): its mailbox is another one than
// that of the address it would be found by.
func foldsToASCII(r rune) bool {
	return r > unicode.MaxASCII && strings.ContainsFunc(norm.NFKC.String(strings.ToLower(string(r))), func(f rune) bool { return f <= unicode.MaxASCII })
}

// foldDomain is the domain as A-labels; ok is false when mail cannot be sent there.
func foldDomain(domain string) (string, bool) {
	// RFC 5891 §5: the mapping for looking up, strict names, valid labels.
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", false
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > maxLabel {
			return "", false
		}
	}
	// A top-level domain has letters (RFC 3696 §2): 192.0.2.1 is no domain.
	top := labels[len(labels)-1]
	return domain, len(labels) > 1 && strings.Trim(top, "0123456789") != ""
}
