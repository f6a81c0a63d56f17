package account

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/store"
	"vhod/ui"
)

// asking are the forms that have a page which asks for the same, by GET, with the
// parameter that says what about. A form sent too long after the last proof is
// come back to there: one press finishes what was begun.
var asking = map[string]string{
	"/account/second-factor":     "second_factor",
	"/account/sessions/end":      "session",
	"/account/sessions/end-all":  "",
	"/account/services/withdraw": "service",

	"/account/sessions/end-others": "",
}

// maxAsked bounds what is carried of a stranger's form, in bytes.
const maxAsked = 255

// back is the page to come back to after a proof.
func back(c echo.Context) string {
	path := c.Request().URL.Path
	if parameter := asking[path]; parameter != "" {
		if value := c.FormValue(parameter); len(value) <= maxAsked {
			return path + "?" + url.Values{parameter: {value}}.Encode()
		}
	}
	switch {
	case path == "/account/password" && c.Request().Method == http.MethodPost:
		return told(path, "password-lost") // a password is not kept meanwhile
	case !notice(c).IsZero():
		return told(path, c.QueryParam("done"))
	}
	return path
}

// ask shows what a change means and the form that makes it. The form posts to the
// address of its page.
func ask(c echo.Context, page ui.AccountConfirm) error {
	page.Action = c.Request().URL.Path
	if parameter := asking[page.Action]; parameter != "" {
		page.Fields = []ui.FormField{{Name: parameter, Value: c.QueryParam(parameter)}}
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// AskEndSession is GET /account/sessions/end.
func (a *Account) AskEndSession(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	all, err := a.DB.Sessions(c.Request().Context(), s, a.Now())
	if err != nil {
		return err
	}
	for _, one := range all {
		if uuid.UUID(one.ID).String() == c.QueryParam("session") {
			return ask(c, ui.AccountConfirm{Change: "session", Name: device(one.Device.UserAgent), Back: "/account/sessions"})
		}
	}
	return c.Redirect(http.StatusSeeOther, "/account/sessions")
}

// AskEndAll is GET /account/sessions/end-all.
func (a *Account) AskEndAll(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	return ask(c, ui.AccountConfirm{Change: "sessions", Back: "/account/sessions"})
}

// AskEndOthers is GET /account/sessions/end-others.
func (a *Account) AskEndOthers(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	return ask(c, ui.AccountConfirm{Change: "sessions_others", Back: "/account/sessions"})
}

// AskWithdraw is GET /account/services/withdraw.
func (a *Account) AskWithdraw(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	allowed, err := a.allowed(c, s, c.QueryParam("service"))
	if err != nil {
		return err
	}
	if !allowed {
		return c.Redirect(http.StatusSeeOther, "/account/services")
	}
	name, err := a.serviceName(c, c.QueryParam("service"))
	if err != nil {
		return err
	}
	return ask(c, ui.AccountConfirm{Change: "service", Name: name, Back: "/account/services"})
}

// serviceName is a service's name, its id when it is registered no more.
func (a *Account) serviceName(c echo.Context, id string) (string, error) {
	client, err := a.Clients.Client(c.Request().Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return id, nil
	}
	if err != nil {
		return "", err
	}
	return client.NameIn(ui.Lang(c.Request().Context())), nil
}
