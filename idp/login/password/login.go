package password

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/identifier"
	"vhod/idp/notify"
	"vhod/idp/password"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
	"vhod/ui"
)

// Login shows and checks the page of login and password.
type Login struct {
	DB       *store.DB
	Ring     *keys.Ring
	Hasher   *keys.Hasher
	Flows    *flow.Engine
	Cookies  session.Cookies
	Attempts *guard.Attempts
	Failures *guard.Failures
	Budgets  *guard.Budgets
	Sender   *notify.Sender
	Now      idp.Clock
}

// maxLogin bounds what is read, in bytes.
const maxLogin = 320

// Show is GET /login.
func (l *Login) Show(c echo.Context) error {
	v, _, err := l.Flows.At(c, flow.StepLogin)
	if v == nil {
		return err
	}
	return l.page(c, v, http.StatusOK, ui.Text{}, "")
}

// Submit is POST /login/password: three round trips up to the answer, the same
// for logins that exist and that do not.
func (l *Login) Submit(c echo.Context) error {
	v, err := l.open(c)
	if v == nil {
		return err
	}
	login, typed := c.FormValue("login"), c.FormValue("password")
	if l.confirms(v) {
		if v.Unseen {
			return l.page(c, v, http.StatusOK, ui.Text{}, "")
		}
		login = ownLogin(v.Subject)
	}
	if login == "" || typed == "" {
		return l.empty(c, v, login, typed)
	}
	if len(login) > maxLogin || len(typed) > password.Max {
		return l.page(c, v, http.StatusUnprocessableEntity, ui.T(ui.LoginWrong), "")
	}
	if err := l.Failures.Full(c.RealIP()); err != nil {
		return l.flooded(c, v, login, err)
	}
	var busy *keys.BusyError
	if errors.As(l.Hasher.Full(), &busy) {
		return l.busy(c, v, login, busy) // before it costs the database anything
	}
	ctx := c.Request().Context()
	oid, subject, err := l.whose(ctx, v, login)
	if err != nil {
		return err
	}
	var attempt guard.Attempt
	state, err := l.DB.BeginLogin(ctx, oid, v.ClientID(), l.Cookies.Session(c), idp.CredentialPassword, l.Attempts.Reserve(guard.Password, subject, &attempt))
	if err != nil {
		return err
	}
	if attempt.Blocked() {
		return l.blocked(c, v, login, attempt)
	}
	proved, writes, err := l.verify(c, state, password.Normalize(typed))
	if errors.As(err, &busy) {
		// Nothing was checked, so nothing counts as tried.
		return l.busy(c, v, login, busy, l.Attempts.Return(guard.Password, subject, attempt))
	}
	if err != nil {
		return err
	}
	if !proved {
		return l.refused(c, v, login, oid, subject, state, attempt)
	}
	if state.Subject.Account.Status != idp.StatusActive {
		return l.page(c, v, http.StatusForbidden, ui.T(ui.LoginAccountBlocked), login)
	}
	v.Named(state.Subject)
	return l.Flows.Proved(c, v, flow.Password, append(writes, l.Attempts.Clear(guard.Password, subject))...)
}

// empty says which of the fields is missing.
func (l *Login) empty(c echo.Context, v *flow.Visit, login, typed string) error {
	page := ui.LoginPassword{Login: login}
	if login == "" {
		page.LoginError = ui.T(ui.LoginEmpty)
	}
	if typed == "" {
		page.PasswordError = ui.T(ui.LoginPasswordEmpty)
	}
	return l.render(c, v, http.StatusUnprocessableEntity, page)
}

// find looks up whose the login is, zero when nobody's, and gives the subject
// under which tries are counted. One round trip whatever was typed.
func (l *Login) find(ctx context.Context, login string) (idp.OID, store.AttemptSubject, error) {
	candidates := identifier.ParseLogin(login)
	var values []keys.BlindIndex
	for _, one := range candidates {
		values = append(values, l.Ring.Index(string(one.Kind), one.Value)...)
	}
	if len(values) == 0 {
		// What is no identifier at all is looked up like one that nobody has.
		values = l.Ring.Index("unreadable", login)
	}
	oid, err := l.DB.AccountByIdentifier(ctx, values)
	if errors.Is(err, store.ErrNotFound) {
		oid, err = 0, nil
	}
	if err != nil {
		return 0, store.AttemptSubject{}, err
	}
	return oid, l.Attempts.Login(values[0], oid), nil
}

// verify checks the password; for want of an account it does the same work.
func (l *Login) verify(c echo.Context, state *store.LoginState, typed string) (bool, []store.Write, error) {
	ctx := c.Request().Context()
	if state.Subject == nil || len(state.Credentials) == 0 {
		return false, nil, l.Hasher.Dummy(ctx, typed)
	}
	ok, renewed, err := password.Verify(ctx, l.Hasher, state.Credentials[0], typed)
	if err != nil || !ok || renewed == nil {
		return ok, nil, err
	}
	event, err := audit.New(c, l.Now(), idp.EventPasswordRehashed, state.Subject.Account.OID, "", nil)
	return true, []store.Write{state.Subject.SetCredential(*renewed), event}, err
}

// refused tells of a wrong password, and the owner of the block that it caused.
func (l *Login) refused(c echo.Context, v *flow.Visit, login string, oid idp.OID, subject store.AttemptSubject, state *store.LoginState, attempt guard.Attempt) error {
	event, err := audit.New(c, l.Now(), idp.EventLoginFailed, oid, v.ClientID(), map[string]string{"method": flow.Password.Name})
	if err != nil {
		return err
	}
	writes := []store.Write{event}
	if attempt.BlocksNow() {
		blocked, err := audit.New(c, l.Now(), idp.EventLoginBlocked, oid, v.ClientID(), map[string]string{"method": flow.Password.Name})
		if err != nil {
			return err
		}
		writes = append(writes, blocked)
		if oid != 0 {
			subject = l.Attempts.Account(oid) // told once, by whatever logins; nobody's are counted alike
		}
		first, err := l.Budgets.Notice(c.Request().Context(), "blocked", subject)
		if err != nil {
			return err
		}
		if state.Subject != nil && first {
			told, err := l.Sender.QueueOwner(state.Subject.Profile, state.Subject.Account.Lang, "account_blocked")
			if err != nil {
				return err
			}
			writes = append(writes, told...)
		}
	}
	l.Failures.Count(c.RealIP())
	if err := l.DB.Write(c.Request().Context(), writes...); err != nil {
		return err
	}
	if attempt.BlocksNow() {
		return l.blocked(c, v, login, attempt)
	}
	return l.page(c, v, http.StatusUnprocessableEntity, ui.T(ui.LoginWrong), login)
}

func (l *Login) blocked(c echo.Context, v *flow.Visit, login string, attempt guard.Attempt) error {
	minutes := int((attempt.Left() + time.Minute - 1) / time.Minute)
	c.Response().Header().Set("Retry-After", strconv.Itoa(60*max(1, minutes)))
	return l.render(c, v, http.StatusTooManyRequests, ui.LoginPassword{
		Error: ui.T(ui.LoginBlocked, "Count", max(1, minutes)), Login: login,
		BlockedFor: attempt.Left(), BlockedUntil: l.Now().Add(attempt.Left()),
	})
}

// flooded refuses an address that had too many wrong passwords.
func (l *Login) flooded(c echo.Context, v *flow.Visit, login string, err error) error {
	var limit *guard.LimitError
	if !errors.As(err, &limit) {
		return err
	}
	minutes := int((limit.RetryAfter + time.Minute - 1) / time.Minute)
	c.Response().Header().Set("Retry-After", strconv.Itoa(60*minutes))
	return l.page(c, v, http.StatusTooManyRequests, ui.T(ui.LoginNetwork, "Count", minutes), login)
}

// busy asks to try again: more people sign in than passwords can be hashed.
func (l *Login) busy(c echo.Context, v *flow.Visit, login string, busy *keys.BusyError, writes ...store.Write) error {
	if err := l.DB.Write(c.Request().Context(), writes...); err != nil {
		return err
	}
	c.Response().Header().Set("Retry-After", strconv.Itoa(max(1, int((busy.RetryAfter+time.Second-1)/time.Second))))
	return l.page(c, v, http.StatusServiceUnavailable, ui.T(ui.ErrorBusy), login)
}

func (l *Login) page(c echo.Context, v *flow.Visit, status int, problem ui.Text, login string) error {
	if login == "" && v.Request != nil {
		login = v.Request.LoginHint
	}
	return l.render(c, v, status, ui.LoginPassword{Error: problem, Login: login})
}

func (l *Login) render(c echo.Context, v *flow.Visit, status int, page ui.LoginPassword) error {
	var err error
	if page.Flow, err = l.Flows.Token(c, v); err != nil {
		return err
	}
	if page.RegisterURL, err = l.Flows.URL(c, v, "/register"); err != nil {
		return err
	}
	if v.Client != nil {
		page.Service, page.ReturnURL = v.ServiceName(ui.Lang(c.Request().Context())), v.Client.URI
	}
	if l.confirms(v) {
		page = confirming(c, v, page)
	}
	switch {
	case v.Restarted:
		page.Notice = ui.T(ui.FlowRestarted)
	case v.Lapsed:
		page.Notice = ui.T(ui.SessionLapsed)
	}
	return c.Render(status, page.Template(), page)
}
