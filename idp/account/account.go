package account

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/cache"
	"vhod/idp/flow"
	"vhod/idp/notify"
	"vhod/idp/password"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
	"vhod/ui"
)

// Account serves the pages under /account.
type Account struct {
	DB      *store.DB
	Flows   *flow.Engine
	Clients *cache.Clients
	Cookies session.Cookies
	Hasher  *keys.Hasher
	Policy  password.Policy
	Sender  *notify.Sender
	Now     idp.Clock
}

// signedIn is the account of the browser's session, or nil when a flow was begun
// to sign in and come back, or the form was of another account. A page that changes something wants a proof of the
// last ten minutes. Whether the session is proof enough, with two factors where
// the owner or the level wants them, is decided as in every flow.
func (a *Account) signedIn(c echo.Context, fresh bool) (*store.Subject, error) {
	if ref := a.Cookies.Session(c); ref != nil {
		subject, err := a.DB.SubjectBySession(c.Request().Context(), *ref, "")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err == nil && a.enough(a.wanted(c, fresh), subject) {
			number := subject.Account.OID.String()
			if c.Request().Method == http.MethodPost && c.FormValue("for") != number {
				// The page was another one's, who has signed out since in another tab.
				return nil, done(c, "/account", "other-account")
			}
			c.SetRequest(c.Request().WithContext(ui.WithAccountNumber(ui.WithName(c.Request().Context(), subject.Profile.FullName()), number)))
			return subject, a.touch(c, subject)
		}
	}
	return nil, a.signIn(c, fresh)
}

// enough tells whether a session alone finishes a flow.
func (a *Account) enough(f *flow.Flow, s *store.Subject) bool {
	f.BeganAt = a.Now()
	f.Name(s.Account)
	return flow.Next(f, nil, &s.Subject, f.BeganAt).Kind == flow.StepDone
}

// signIn begins a flow that comes back to what a request was for.
func (a *Account) signIn(c echo.Context, fresh bool) error {
	return a.Flows.Begin(c, a.wanted(c, fresh))
}

// wanted is the flow that a request wants to have gone through.
func (a *Account) wanted(c echo.Context, fresh bool) *flow.Flow {
	f := &flow.Flow{Return: back(c), Lang: ui.Lang(c.Request().Context())}
	if fresh {
		window := int64(idp.SudoWindow.Seconds())
		f.MaxAge = &window
	}
	return f
}

// touch notes that the session was used, at most once a minute.
func (a *Account) touch(c echo.Context, s *store.Subject) error {
	now := a.Now()
	if now.Sub(s.Session.SeenAt) < idp.SeenEvery {
		return nil
	}
	return a.DB.TouchSession(c.Request().Context(), s.Account.OID.Bucket(), s.Session.ID, now)
}

// notices are what a page may say after a change.
var notices = map[string]string{
	"password": ui.NoticePassword, "second-factor": ui.NoticeSecondFactor, "withdrawn": ui.NoticeWithdrawn,
	"session-ended": ui.NoticeSessionEnded, "other-account": ui.NoticeOtherAccount, "registered": ui.NoticeRegistered, "password-lost": ui.NoticePasswordLost,
	"others-ended": ui.NoticeOthersEnded,
}

func notice(c echo.Context) ui.Text {
	if id := notices[c.QueryParam("done")]; id != "" {
		return ui.T(id)
	}
	return ui.Text{}
}

// done goes on to a page that tells what was done.
func done(c echo.Context, path, what string) error {
	return c.Redirect(http.StatusSeeOther, told(path, what))
}

func told(path, what string) string { return path + "?done=" + url.QueryEscape(what) }

// Home is GET /account.
func (a *Account) Home(c echo.Context) error {
	s, err := a.signedIn(c, false)
	if s == nil || err != nil {
		return err
	}
	ctx := c.Request().Context()
	sessions, err := a.DB.Sessions(ctx, s, a.Now())
	if err != nil {
		return err
	}
	consents, err := a.DB.Consents(ctx, s.Account.OID)
	if err != nil {
		return err
	}
	page := ui.Account{
		Person: s.Profile.FullName(), Level: s.Account.Level.String(), SecondFactor: s.Account.SecondFactor != idp.SecondFactorOff, Phone: hasPhone(s),
		Sessions: len(sessions), Services: len(consents), Notice: notice(c),
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// SignOut is POST /account/sign-out.
func (a *Account) SignOut(c echo.Context) error {
	if err := a.Cookies.SignOut(c, a.DB, a.Now()); err != nil {
		return err
	}
	return done(c, "/", "signed-out")
}
