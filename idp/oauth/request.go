package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/ory/fosite"

	"vhod/idp"
	"vhod/idp/flow"
)

// The bounds of what a service may send, in bytes.
const (
	maxParameter = 2048
	maxQuery     = 16 << 10
	maxScopes    = 64
	// maxRequest is the most of a request that can be sealed, with what else a
	// flow or a code carries (see keys.Ring.Seal).
	maxRequest = 8000
)

// refusal is an error that a service is told at its redirect address.
type refusal struct{ code, description string }

func (r *refusal) Error() string { return r.code + ": " + r.description }

func refuse(code, description string) error { return &refusal{code, description} }

// parameters checks the form of all parameters: none twice (RFC 6749 §3.1), none
// too long. Unknown ones are ignored (RFC 6749 §3.1) but held to the same bounds.
func parameters(form url.Values) error {
	for name, values := range form {
		bound := maxParameter
		if name == "id_token_hint" || slices.Contains(unsupported, name) {
			bound = maxQuery
		}
		switch {
		case len(values) > 1:
			return refuse("invalid_request", "a parameter is given more than once")
		case len(name) > maxParameter || len(values[0]) > bound:
			return refuse("invalid_request", "a parameter is too long")
		case !utf8.ValidString(values[0]) || strings.ContainsFunc(values[0], unicode.IsControl):
			return refuse("invalid_request", "a parameter is not UTF-8 or has control characters")
		}
	}
	return nil
}

// unsupported are the parameters that each have an error of their own, made of
// their name (OpenID Connect Core §3.1.2.6).
var unsupported = []string{"request", "request_uri", "registration"}

// parse reads an authorization request whose client and redirect address are
// known to be good (OpenID Connect Core §3.1.2.1).
func (p *Provider) parse(ctx context.Context, form url.Values, c *idp.Client, redirectURI, mode string) (*flow.Flow, error) {
	if err := parameters(form); err != nil {
		return nil, err
	}
	for _, name := range unsupported {
		if form.Has(name) {
			return nil, refuse(name+"_not_supported", "")
		}
	}
	switch {
	case form.Get("response_type") == "":
		return nil, refuse("invalid_request", "response_type is missing")
	case form.Get("response_type") != "code" || !slices.Contains(c.ResponseTypes, "code"):
		return nil, refuse("unsupported_response_type", "only code is supported")
	case !c.MayGrant("authorization_code"):
		return nil, refuse("unauthorized_client", "the service may not use authorization_code")
	}
	r := &flow.Request{
		ClientID: c.ID, RedirectURI: redirectURI, ResponseMode: mode, State: form.Get("state"), Nonce: form.Get("nonce"),
		ACRValues: strings.Fields(form.Get("acr_values")), LoginHint: form.Get("login_hint"),
	}
	f := &flow.Flow{Request: r}
	for _, step := range []func() error{
		func() error { return scopes(form, c, r) },
		func() error { return pkce(form, c, r) },
		func() error { return prompt(form, r) },
		func() error { return maxAge(form, c, f) },
		func() error { return p.hint(ctx, form, r) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if whole, err := json.Marshal(f); err != nil || len(whole) > maxRequest {
		return nil, errors.Join(err, refuse("invalid_request", "the request is too long"))
	}
	return f, nil
}

// scopes keeps what was asked (RFC 6749 §3.3).
func scopes(form url.Values, c *idp.Client, r *flow.Request) error {
	asked := strings.Fields(form.Get("scope"))
	if len(asked) == 0 {
		return refuse("invalid_scope", "scope is missing")
	}
	if len(asked) > maxScopes {
		return refuse("invalid_scope", "too many scopes")
	}
	for _, s := range asked {
		switch {
		case slices.Contains(r.Scopes, s):
		case s == idp.ScopeOfflineAccess && !c.MayGrant("refresh_token"):
			// OpenID Connect Core §11: ignored where it cannot be had.
		case !c.MayAsk(s):
			return refuse("invalid_scope", "the service may not ask for one of the scopes")
		default:
			r.Scopes = append(r.Scopes, s)
		}
	}
	if len(r.Scopes) == 0 {
		return refuse("invalid_scope", "no scope is left")
	}
	return nil
}

// pkce checks the challenge (RFC 7636 §4.3; RFC 9700 §2.1.1: S256 alone).
func pkce(form url.Values, c *idp.Client, r *flow.Request) error {
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	switch {
	case challenge == "" && method != "":
		return refuse("invalid_request", "code_challenge is missing")
	case challenge == "" && (c.RequirePKCE || c.Public()):
		return refuse("invalid_request", "code_challenge is required")
	case challenge == "":
		return nil
	case method != "S256":
		return refuse("invalid_request", "code_challenge_method must be S256")
	case len(challenge) != challengeLength || strings.Trim(challenge, base64urlAlphabet) != "":
		return refuse("invalid_request", "code_challenge is no SHA-256 hash")
	}
	r.Challenge, r.ChallengeMethod = challenge, method
	return nil
}

const (
	challengeLength   = 43 // base64url of 32 bytes
	base64urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// prompt reads how the citizen may be asked; unknown values are ignored.
func prompt(form url.Values, r *flow.Request) error {
	for _, v := range strings.Fields(form.Get("prompt")) {
		if slices.Contains([]string{"none", "login", "consent", "select_account"}, v) && !slices.Contains(r.Prompt, v) {
			r.Prompt = append(r.Prompt, v)
		}
	}
	if slices.Contains(r.Prompt, "none") && len(strings.Fields(form.Get("prompt"))) > 1 {
		return refuse("invalid_request", "prompt none stands alone")
	}
	return nil
}

// maxAge reads max_age, or the one that the service registered.
func maxAge(form url.Values, c *idp.Client, f *flow.Flow) error {
	text := form.Get("max_age")
	if text == "" {
		if c.DefaultMaxAge > 0 {
			age := c.DefaultMaxAge
			f.MaxAge = &age
		}
		return nil
	}
	age, err := strconv.ParseInt(text, 10, 64)
	if err != nil || age < 0 || age > int64((100*365*24*time.Hour)/time.Second) {
		return refuse("invalid_request", "max_age is no number of seconds")
	}
	f.MaxAge = &age
	return nil
}

// hint reads id_token_hint: one of ours, for this service, expired or not.
func (p *Provider) hint(ctx context.Context, form url.Values, r *flow.Request) error {
	text := form.Get("id_token_hint")
	if text == "" {
		return nil
	}
	h, err := p.tokens.VerifyHint(ctx, text)
	if isTokenError(err) || err == nil && h.ClientID != r.ClientID {
		return refuse("invalid_request", "id_token_hint is no ID token of this provider for this service")
	}
	if err != nil {
		return err
	}
	r.HintedOID = h.OID
	return nil
}

// authorizeRequest is the request as fosite knows it.
func authorizeRequest(f *flow.Flow, c *idp.Client, s *grantSession) *fosite.AuthorizeRequest {
	ar := fosite.NewAuthorizeRequest()
	ar.ID = uuid.NewString()
	ar.Client = client{c}
	ar.ResponseTypes = fosite.Arguments{"code"}
	ar.State = f.Request.State
	ar.SetRequestedScopes(f.Request.Scopes)
	for _, scope := range f.Request.Scopes {
		ar.GrantScope(scope)
	}
	ar.SetSession(s)
	return ar
}
