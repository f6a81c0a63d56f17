package oauth

import (
	"net/url"
	"slices"
	"strings"

	"vhod/idp"
)

// redirectURI finds the address to answer at: exactly a registered one (RFC 9700
// §2.1), but for the port of a native app's loopback address (RFC 8252 §7.3). It
// may be left out only when one alone is registered and OpenID Connect is not
// asked for (RFC 6749 §3.1.2.3, OpenID Connect Core §3.1.2.1).
func redirectURI(form url.Values, c *idp.Client) (string, bool) {
	asked := form["redirect_uri"]
	if len(asked) > 1 {
		return "", false
	}
	if len(asked) == 0 || asked[0] == "" {
		openid := slices.Contains(strings.Fields(form.Get("scope")), idp.ScopeOpenID)
		if len(c.RedirectURIs) == 1 && !openid {
			return c.RedirectURIs[0], true
		}
		return "", false
	}
	if len(asked[0]) > maxParameter {
		return "", false
	}
	for _, registered := range c.RedirectURIs {
		if asked[0] == registered || c.ApplicationType == "native" && sameLoopback(asked[0], registered) {
			return asked[0], true
		}
	}
	return "", false
}

// sameLoopback compares two http addresses of this machine but for the port. What
// was asked must be written in the plainest way, so that no two readings exist.
func sameLoopback(asked, registered string) bool {
	a, errA := url.Parse(asked)
	r, errR := url.Parse(registered)
	if errA != nil || errR != nil || a.Scheme != "http" || r.Scheme != "http" || a.User != nil || a.Fragment != "" || a.Opaque != "" {
		return false
	}
	loopback := a.Hostname() == "127.0.0.1" || a.Hostname() == "::1"
	return loopback && a.Hostname() == r.Hostname() && a.Path == r.Path && a.RawQuery == r.RawQuery && a.String() == asked
}
