package oauth

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/store"
	"vhod/ui"
)

const logoutPath = "/oauth2/logout"

// ending is a request to sign out (OpenID Connect RP-Initiated Logout 1.0 §2).
type ending struct {
	client *idp.Client // nil when no service asks
	to     string      // where to go on to; empty for our own page
	state  string
	form   url.Values
}

// Logout is GET and POST /oauth2/logout: a page asks, its post signs out.
func (p *Provider) Logout(c echo.Context) error {
	form, err := requestForm(c)
	if err != nil || parameters(form) != nil {
		return badRequest(c, ui.ErrorRequest)
	}
	if repeated, err := asGet(c, form, logoutPath); repeated {
		return err
	}
	e, what, err := p.ending(c, form)
	if err != nil {
		return err
	}
	if what != "" {
		return badRequest(c, what)
	}
	if c.Request().Method == http.MethodPost && sameOrigin(c) {
		switch form.Get("decision") {
		case "sign-out":
			return p.signOut(c, e)
		case "stay":
			return c.Redirect(http.StatusSeeOther, "/")
		}
	}
	page := ui.Logout{}
	if e.client != nil {
		page.Service = e.client.NameIn(ui.Lang(c.Request().Context()))
	}
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"} {
		if form.Get(name) != "" {
			page.Fields = append(page.Fields, ui.FormField{Name: name, Value: form.Get(name)})
		}
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// sameOrigin tells the post of our own page from a service's: services may post
// the request here, but not the answer.
func sameOrigin(c echo.Context) bool {
	site := c.Request().Header.Get("Sec-Fetch-Site")
	if site != "" {
		return site == "same-origin"
	}
	o := c.Request().Header.Get("Origin")
	if o == "" {
		return true // an old browser, which sends neither: SameSite keeps the cookie from foreign posts
	}
	u, err := url.Parse(o)
	return err == nil && u.Host == c.Request().Host
}

// ending reads the request; what is the text of what is wrong with it.
func (p *Provider) ending(c echo.Context, form url.Values) (e ending, what string, err error) {
	ctx := c.Request().Context()
	e = ending{form: form, state: form.Get("state")}
	id := form.Get("client_id")
	if text := form.Get("id_token_hint"); text != "" {
		h, err := p.tokens.VerifyHint(ctx, text)
		if isTokenError(err) || err == nil && id != "" && id != h.ClientID { // §2: they must agree
			return e, ui.ErrorRequest, nil
		}
		if err != nil {
			return e, "", err
		}
		id = h.ClientID
	}
	if id != "" {
		e.client, err = p.activeClient(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return e, ui.ErrorClientUnknown, nil
		}
		if err != nil {
			return e, "", err
		}
	}
	if to := form.Get("post_logout_redirect_uri"); to != "" {
		// §3: exactly a registered one of a service that is known, else it is not followed.
		if e.client == nil || !slices.Contains(e.client.PostLogoutRedirectURIs, to) {
			return e, ui.ErrorRedirectURI, nil
		}
		e.to = to
	}
	return e, "", nil
}

// signOut ends the browser's session, and what its tabs had proved.
func (p *Provider) signOut(c echo.Context, e ending) error {
	if err := p.Cookies.SignOut(c, p.DB, p.Now()); err != nil {
		return err
	}
	if e.to == "" {
		page := ui.LoggedOut{}
		return c.Render(http.StatusOK, page.Template(), page)
	}
	parameters := url.Values{}
	if e.state != "" {
		parameters.Set("state", e.state)
	}
	page := ui.Finish{URL: withParameters(e.to, modeQuery, parameters), Service: e.client.NameIn(ui.Lang(c.Request().Context()))}
	return c.Render(http.StatusOK, page.Template(), page)
}
