package oauth

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/store"
	"vhod/ui"
)

// Authorize is GET and POST /oauth2/authorize (OpenID Connect Core §3.1.2.1): it
// validates and begins a flow.
func (p *Provider) Authorize(c echo.Context) error {
	form, err := requestForm(c)
	if err != nil {
		return badRequest(c, ui.ErrorRequest)
	}
	if repeated, err := asGet(c, form, authorizePath); repeated {
		return err
	}
	client, err := p.knownClient(c, form)
	if errors.Is(err, store.ErrNotFound) {
		return badRequest(c, ui.ErrorClientUnknown)
	}
	if err != nil {
		return err
	}
	// RFC 6749 §4.1.2.1: without a good address there is nowhere to redirect to.
	redirect, ok := redirectURI(form, client)
	if !ok {
		return badRequest(c, ui.ErrorRedirectURI)
	}
	mode, ok := responseMode(form)
	stub := &flow.Flow{Request: &flow.Request{ClientID: client.ID, RedirectURI: redirect, ResponseMode: mode, State: state(form)}}
	if !ok {
		return p.Refuse(c, stub, client, "invalid_request", "response_mode is not supported")
	}
	f, err := p.parse(c.Request().Context(), form, client, redirect, mode)
	var refused *refusal
	if errors.As(err, &refused) {
		return p.Refuse(c, stub, client, refused.code, refused.description)
	}
	if err != nil {
		return err
	}
	f.Lang = ui.Lang(c.Request().Context())
	if lang := ui.KnownLanguage(strings.Fields(form.Get("ui_locales"))...); lang != "" {
		f.Lang = lang
	}
	return p.Flows.Begin(c, f)
}

// requestForm is the parameters of a request: of the query, or of the body of a
// post (OpenID Connect Core §3.1.2.1).
func requestForm(c echo.Context) (url.Values, error) {
	r := c.Request()
	if len(r.URL.RawQuery) > maxQuery {
		return nil, errors.New("the query is too long")
	}
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		return r.PostForm, nil
	}
	return url.ParseQuery(r.URL.RawQuery)
}

// asGet repeats a request that a page of a service posted: the browser keeps its
// cookies (SameSite=Lax) from such a post, but not from the redirect that follows,
// so that single sign-on works and no sign-in of another tab loses its binding.
func asGet(c echo.Context, form url.Values, path string) (repeated bool, err error) {
	r := c.Request()
	if r.Method != http.MethodPost || r.Header.Get("Sec-Fetch-Site") != "cross-site" {
		return false, nil
	}
	query := form.Encode()
	if len(query) > maxRepeated {
		return false, nil
	}
	return true, c.Redirect(http.StatusSeeOther, path+"?"+query) // RFC 9700 §4.12: never 307
}

// maxRepeated is the longest query that a browser and what stands before us are
// asked to carry.
const maxRepeated = 6 << 10

// knownClient is the active service that client_id names.
func (p *Provider) knownClient(c echo.Context, form url.Values) (*idp.Client, error) {
	ids := form["client_id"]
	if len(ids) != 1 {
		return nil, store.ErrNotFound
	}
	return p.activeClient(c.Request().Context(), ids[0])
}

// state is the state to give back with an error: as sent, when it is one.
func state(form url.Values) string {
	if s := form["state"]; len(s) == 1 && len(s[0]) <= maxParameter {
		return s[0]
	}
	return ""
}

// badRequest shows what is wrong to the person: nobody is redirected.
func badRequest(c echo.Context, what string) error {
	page := ui.Error{Status: http.StatusBadRequest, Number: c.Response().Header().Get(echo.HeaderXRequestID), What: ui.T(what)}
	return c.Render(page.Status, page.Template(), page)
}
