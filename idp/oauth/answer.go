package oauth

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/idp/oauth/token"
	"vhod/ui"
)

var _ flow.Service = (*Provider)(nil)

// The ways to answer (OAuth 2.0 Multiple Response Types §2.1, Form Post Response
// Mode §2).
const (
	modeQuery    = "query"
	modeFragment = "fragment"
	modeFormPost = "form_post"
)

// responseMode is how the service wants its answer; ok is false for a way that
// we do not have, and the mode then the usual one.
func responseMode(form url.Values) (mode string, ok bool) {
	asked := form["response_mode"]
	if len(asked) == 0 || asked[0] == "" {
		return modeQuery, true
	}
	if len(asked) == 1 && slices.Contains([]string{modeQuery, modeFragment, modeFormPost}, asked[0]) {
		return asked[0], true
	}
	return modeQuery, false
}

// Answer implements flow.Service: it issues the code. Nothing is written.
func (p *Provider) Answer(c echo.Context, f *flow.Flow, cl *idp.Client, r flow.Result) error {
	s := &grantSession{
		Grant: token.Grant{
			ID: uuid.New(), OID: r.Subject.Account.OID, ClientID: cl.ID, SessionID: r.SessionID, Scopes: f.Request.Scopes,
			AMR: r.Auth.AMR, ACR: r.Auth.ACR(r.Subject.Account.Level), AuthTime: r.Auth.Time,
		},
		SecurityVersion: r.Subject.Account.SecurityVersion,
		RedirectURI:     f.Request.RedirectURI, Nonce: f.Request.Nonce, Challenge: f.Request.Challenge,
	}
	response, err := p.fosite.NewAuthorizeResponse(c.Request().Context(), authorizeRequest(f, cl, s), s)
	if err != nil {
		return fmt.Errorf("issue code: %w", err)
	}
	return p.respond(c, f.Request, cl, response.GetParameters())
}

// Refuse implements flow.Service (RFC 6749 §4.1.2.1).
func (p *Provider) Refuse(c echo.Context, f *flow.Flow, cl *idp.Client, code, description string) error {
	parameters := url.Values{"error": {code}}
	if description != "" {
		parameters.Set("error_description", description)
	}
	return p.respond(c, f.Request, cl, parameters)
}

// respond sends the browser back with an answer. iss names us (RFC 9207 §2), on
// errors too.
func (p *Provider) respond(c echo.Context, r *flow.Request, cl *idp.Client, parameters url.Values) error {
	parameters.Set("iss", p.Issuer)
	if r.State != "" {
		parameters.Set("state", r.State)
	}
	name := cl.NameIn(ui.Lang(c.Request().Context()))
	if r.ResponseMode == modeFormPost {
		page := ui.FormPost{Action: r.RedirectURI, Service: name}
		for _, field := range []string{"code", "error", "error_description", "state", "iss"} {
			if parameters.Has(field) {
				page.Fields = append(page.Fields, ui.FormField{Name: field, Value: parameters.Get(field)})
			}
		}
		c.Set(p.FormAction, origin(r.RedirectURI))
		return c.Render(http.StatusOK, page.Template(), page)
	}
	target := withParameters(r.RedirectURI, r.ResponseMode, parameters)
	if c.Request().Method == http.MethodPost && c.Path() != authorizePath {
		// Chromium applies form-action to the redirects that follow a form post.
		page := ui.Finish{URL: target, Service: name}
		return c.Render(http.StatusOK, page.Template(), page)
	}
	return c.Redirect(http.StatusSeeOther, target) // RFC 9700 §4.12: never 307
}

const authorizePath = "/oauth2/authorize"

// withParameters adds an answer to a registered address as it was written, keeping
// its own query (RFC 6749 §3.1.2); such an address has no fragment.
func withParameters(address, mode string, parameters url.Values) string {
	if len(parameters) == 0 {
		return address
	}
	mark := "?"
	switch {
	case mode == modeFragment:
		mark = "#"
	case strings.HasSuffix(address, "?") || strings.HasSuffix(address, "&"):
		mark = ""
	case strings.Contains(address, "?"):
		mark = "&"
	}
	return address + mark + parameters.Encode()
}

// origin is what a page may post to for an address to be reached: a source of
// form-action (Content Security Policy §2.3.1). Empty is nothing.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Host, hostAlphabet) != "" {
		return ""
	}
	if u.Host == "" {
		return u.Scheme + ":" // of an app (RFC 8252 §7.1)
	}
	return u.Scheme + "://" + u.Host
}

// hostAlphabet is what a source may be written with; no separator of the policy is
// among it.
const hostAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]"
