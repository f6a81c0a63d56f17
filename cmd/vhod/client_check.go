package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"vhod/idp"
	"vhod/keys"
)

// The bounds of a registration.
const (
	maxURIs = 50
	maxURI  = 512
	maxName = 120
)

// checkClient refuses a registration that would not be safe or could not work, all
// at once, each under the name of its metadata. Only a sandbox returns to web sites
// on this machine.
func checkClient(c *idp.Client, sandbox bool) error {
	var r refusals
	// RFC 6749 appendix A.1 allows more; what is spared needs no escaping anywhere.
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`).MatchString(c.ID) {
		r.add("client_id", "1 to 64 letters, digits, '.', '_' or '-'")
	}
	checkNames(&r, c)
	checkRedirects(&r, c, sandbox)
	checkGrants(&r, c)
	checkAuthentication(&r, c)
	checkScopes(&r, c)
	if c.IDTokenAlg != "" && !slices.Contains([]string{keys.ES256, keys.RS256, keys.PS256, keys.EdDSA}, c.IDTokenAlg) {
		r.add("id_token_signed_response_alg", "ES256, RS256, PS256 or EdDSA")
	}
	if c.MinLevel != 0 && c.MinLevel.String() == "" {
		r.add("min_level", "1, 2 or 3")
	}
	if c.DefaultMaxAge < 0 {
		r.add("default_max_age", "seconds, not negative")
	}
	return errors.Join(r...)
}

func checkNames(r *refusals, c *idp.Client) {
	if c.Name["ru"] == "" && c.Name["en"] == "" {
		r.add("names", "a name in ru or en is needed: people read it before they consent")
	}
	for setting, texts := range map[string]map[string]string{"names": c.Name, "descriptions": c.Description} {
		for lang, text := range texts {
			if lang != "ru" && lang != "en" {
				r.add(setting, "the languages are ru and en")
			}
			if len([]rune(text)) > maxName {
				r.add(setting, "at most %d characters", maxName)
			}
		}
	}
	for setting, address := range map[string]string{"client_uri": c.URI, "policy_uri": c.PolicyURI, "tos_uri": c.TermsURI} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" || u.Host == "" || len(address) > maxURI) {
			r.add(setting, "an https address")
		}
	}
}

func checkRedirects(r *refusals, c *idp.Client, sandbox bool) {
	if c.ApplicationType != "web" && c.ApplicationType != "native" {
		r.add("application_type", "web or native")
	}
	if c.MayGrant("authorization_code") && len(c.RedirectURIs) == 0 {
		r.add("redirect_uris", "at least one is needed for authorization_code")
	}
	for setting, all := range map[string][]string{"redirect_uris": c.RedirectURIs, "post_logout_redirect_uris": c.PostLogoutRedirectURIs} {
		if len(all) > maxURIs {
			r.add(setting, "at most %d", maxURIs)
		}
		for _, address := range all {
			if problem := redirectProblem(address, c.ApplicationType == "native", sandbox); problem != "" {
				r.add(setting, "%q: %s", address, problem)
			}
		}
	}
}

// redirectProblem tells why a service may not be returned to at an address.
func redirectProblem(address string, native, sandbox bool) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxURI || !u.IsAbs() || u.Opaque != "" && !native || u.User != nil:
		return "no absolute address"
	case u.Fragment != "" || strings.Contains(address, "#"): // RFC 6749 §3.1.2
		return "no fragment is allowed"
	case strings.ContainsAny(address, "*\\ \t\r\n"):
		return "no wildcards, backslashes or spaces are allowed"
	case slices.Contains(strings.Split(u.Path, "/"), ".."):
		return "no .. is allowed"
	case u.Host != "" && u.Hostname() == "":
		return "the host is missing"
	case strings.Contains(u.Hostname(), "%"): // RFC 6874 §1: a zone is one machine's own
		return "no zone is allowed in the address of a host"
	case !goodPort(u):
		return "the port is from 1 to 65535"
	case answerParameter(u) != "":
		return answerParameter(u)
	case u.Scheme == "https" && u.Host != "":
		return ""
	case u.Scheme == "http" && loopback(u.Hostname()) && (native || sandbox): // RFC 8252 §7.3
		return ""
	case u.Scheme == "http" && native || u.Scheme == "https":
		return "http is for this machine alone (localhost, 127.0.0.1)"
	case !native:
		return "a web site has an https address"
	case !strings.Contains(u.Scheme, "."): // RFC 8252 §7.1
		return "a scheme of one's own is a domain name turned round, like com.example.app"
	}
	return ""
}

func goodPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 1 && n <= 65535
}

// answerParameter tells which parameter of an address would stand twice in an answer
// (RFC 6749 §3.1, §4.1.2, RFC 9207 §2).
func answerParameter(u *url.URL) string {
	own, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "its query cannot be read"
	}
	for _, name := range []string{"code", "state", "iss", "error", "error_description", "error_uri"} {
		if own.Has(name) {
			return "the answer has a parameter " + name + ": it may not have one of its own"
		}
	}
	return ""
}

func checkGrants(r *refusals, c *idp.Client) {
	if len(c.GrantTypes) == 0 {
		r.add("grant_types", "at least one is needed")
	}
	for _, grant := range c.GrantTypes {
		if !slices.Contains([]string{"authorization_code", "refresh_token", "client_credentials"}, grant) {
			r.add("grant_types", "authorization_code, refresh_token or client_credentials, not %q", grant)
		}
	}
	if c.MayGrant("client_credentials") && c.Public() { // RFC 6749 §4.4
		r.add("grant_types", "client_credentials is for services that authenticate")
	}
	if c.Public() && !c.RequirePKCE { // RFC 9700 §2.1.1
		r.add("require_pkce", "a service without a credential needs PKCE")
	}
	for _, response := range c.ResponseTypes {
		if response != "code" { // RFC 9700 §2.1.2
			r.add("response_types", "code, not %q", response)
		}
	}
}

func checkAuthentication(r *refusals, c *idp.Client) {
	switch c.TokenEndpointAuthMethod {
	case idp.AuthBasic, idp.AuthPost, idp.AuthNone:
		if len(c.JWKS) > 0 {
			r.add("jwks", "keys are for private_key_jwt")
		}
	case idp.AuthPrivateKeyJWT:
		checkJWKS(r, c.JWKS)
	default:
		r.add("token_endpoint_auth_method", "client_secret_basic, client_secret_post, private_key_jwt or none")
	}
}

func checkJWKS(r *refusals, text json.RawMessage) {
	var set jose.JSONWebKeySet
	if len(text) == 0 || len(text) > maxMetadata || json.NewDecoder(bytes.NewReader(text)).Decode(&set) != nil || len(set.Keys) == 0 {
		r.add("jwks", "a set of public keys (RFC 7517 §5) is needed for private_key_jwt")
		return
	}
	for _, k := range set.Keys {
		switch {
		case !k.IsPublic():
			r.add("jwks", "a private or symmetric key is in it: register public keys only, and make a new one")
		case !k.Valid():
			r.add("jwks", "key %q is not valid", k.KeyID)
		}
	}
}

func checkScopes(r *refusals, c *idp.Client) {
	for _, s := range c.Scopes {
		if !idp.KnownScope(s.Name) {
			r.add("scopes", "there is no scope %q; there are %s", s.Name, strings.Join(idp.Scopes(), ", "))
		}
	}
	if c.MayGrant("authorization_code") && !c.MayAsk(idp.ScopeOpenID) {
		r.add("scopes", "openid is needed to sign people in")
	}
}
