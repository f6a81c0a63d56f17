package identifier

import "strings"

// Disposable tells a well-known domain that gives addresses for minutes, or a
// part of one. The list is short; a domain that is not on it proves nothing.
func Disposable(domain string) bool {
	domain, ok := foldDomain(domain)
	for ok {
		if disposable[domain] {
			return true
		}
		_, domain, ok = strings.Cut(domain, ".")
	}
	return false
}

// RoleMailbox tells a local part that belongs to a role and not to a person
// (RFC 2142 and its kin), without regard to case.
func RoleMailbox(local string) bool { return roles[strings.ToLower(local)] }

var disposable = set(`
	10minutemail.com 10minutemail.net 1secmail.com 1secmail.net 1secmail.org 20minutemail.com 33mail.com
	anonbox.net burnermail.io byom.de chacuo.net crazymailing.com discard.email discardmail.com
	dispostable.com dropmail.me emailondeck.com emailtemporario.com.br eyepaste.com fakeinbox.com
	fakemail.net fakemailgenerator.com getairmail.com getnada.com grr.la guerrillamail.biz
	guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
	guerrillamailblock.com harakirimail.com inboxbear.com inboxkitten.com incognitomail.org
	jetable.org mail-temp.com mailcatch.com maildrop.cc mailexpire.com mailinator.com mailinator.net
	mailmoat.com mailnesia.com mailnull.com mailsac.com mailtemp.net meltmail.com mintemail.com
	minuteinbox.com moakt.cc moakt.com mohmal.com mvrht.com mytemp.email mytrashmail.com nada.email
	nowmymail.com pokemail.net sharklasers.com spam4.me spamavert.com spambog.com spambog.ru
	spambox.us spamex.com spamfree24.org spamgourmet.com spamspot.com temp-mail.io temp-mail.org
	temp-mail.ru tempail.com tempinbox.com tempmail.com tempmail.dev tempmail.net tempmail.plus
	tempmailaddress.com tempmailo.com tempr.email throwawaymail.com trash-mail.com trashmail.com
	trashmail.de trashmail.net trashmail.ws trbvm.com wegwerfemail.de wegwerfmail.de yopmail.com
	yopmail.fr yopmail.net zetmail.com`)

var roles = set(`
	abuse admin administrator admins billing contact daemon dmarc ftp help helpdesk hostmaster info
	mailer-daemon marketing news no-reply no_reply noc noreply nobody office postmaster root sales
	security spam support sysadmin usenet uucp webmaster www`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
