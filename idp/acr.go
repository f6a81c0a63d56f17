package idp

import "strings"

const acrPrefix = "urn:vhod:acr:"

// ACR names the authentication context class of a sign-in: the level of the
// person and, with ":mfa", that two factors were shown (OpenID Connect Core §2).
func ACR(l Level, twoFactors bool) string {
	if twoFactors {
		return acrPrefix + l.String() + ":mfa"
	}
	return acrPrefix + l.String()
}

// ParseACR reads a class that ACR wrote.
func ParseACR(s string) (l Level, twoFactors, ok bool) {
	rest, found := strings.CutPrefix(s, acrPrefix)
	if !found {
		return 0, false, false
	}
	name, twoFactors := strings.CutSuffix(rest, ":mfa")
	l, ok = ParseLevel(name)
	return l, twoFactors, ok
}

// ACRValues lists every class, weakest first, for discovery.
func ACRValues() []string {
	var all []string
	for _, l := range []Level{LevelSimplified, LevelStandard, LevelConfirmed} {
		all = append(all, ACR(l, false), ACR(l, true))
	}
	return all
}
