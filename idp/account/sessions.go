package account

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/store"
	"vhod/ui"
)

// Sessions is GET /account/sessions.
func (a *Account) Sessions(c echo.Context) error {
	s, err := a.signedIn(c, false)
	if s == nil || err != nil {
		return err
	}
	all, err := a.DB.Sessions(c.Request().Context(), s, a.Now())
	if err != nil {
		return err
	}
	page := ui.AccountSessions{Notice: notice(c)}
	for _, one := range all {
		page.Sessions = append(page.Sessions, ui.AccountSession{
			ID: uuid.UUID(one.ID).String(), Device: device(one.Device.UserAgent), IP: one.Device.IP,
			Started: one.CreatedAt, Seen: one.SeenAt, Current: one.ID == s.Session.ID,
		})
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// EndSession is POST /account/sessions/end.
func (a *Account) EndSession(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	id, err := uuid.Parse(c.FormValue("session"))
	if err != nil {
		return echo.ErrBadRequest
	}
	if id == s.Session.ID {
		return a.SignOut(c)
	}
	event, err := audit.New(c, a.Now(), idp.EventSessionEnded, s.Account.OID, "", nil)
	if err != nil {
		return err
	}
	err = a.DB.EndSession(c.Request().Context(), s.Account.OID, id, a.Now(), event)
	// Another's session, or one that has ended, is nothing to say anything about.
	if err != nil && !errors.Is(err, store.ErrStale) {
		return err
	}
	return done(c, "/account/sessions", "session-ended")
}

// EndAll is POST /account/sessions/end-all: signed out everywhere, here too.
func (a *Account) EndAll(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	event, err := audit.New(c, a.Now(), idp.EventSessionsEnded, s.Account.OID, "", nil)
	if err != nil {
		return err
	}
	err = a.DB.Secure(c.Request().Context(), s, nil, a.Now(), event)
	// Secured meanwhile, every other session has ended already, and so has this one.
	if err != nil && !errors.Is(err, store.ErrStale) {
		return err
	}
	a.Cookies.ClearSession(c)
	a.Cookies.RotateBrowser(c)
	return done(c, "/", "signed-out-everywhere")
}

// EndOthers is POST /account/sessions/end-others: signed out everywhere but here.
func (a *Account) EndOthers(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	event, err := audit.New(c, a.Now(), idp.EventSessionsEnded, s.Account.OID, "", nil)
	if err != nil {
		return err
	}
	keep := uuid.UUID(s.Session.ID)
	err = a.DB.Secure(c.Request().Context(), s, &keep, a.Now(), s.SignedIn(keep, a.Now()), event)
	if errors.Is(err, store.ErrStale) {
		return a.signIn(c, true) // secured meanwhile: this session has ended
	}
	if err != nil {
		return err
	}
	return done(c, "/account/sessions", "others-ended")
}
