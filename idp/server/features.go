package server

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/account"
	"vhod/idp/consent"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/job"
	loginaccount "vhod/idp/login/account"
	"vhod/idp/login/level"
	loginpassword "vhod/idp/login/password"
	"vhod/idp/login/sms"
	"vhod/idp/notify"
	"vhod/idp/oauth"
	"vhod/idp/password"
	"vhod/idp/register"
	"vhod/ui"
)

// messages builds the outbox and its channels.
func (s *Server) messages() {
	s.Sender = &notify.Sender{
		Ring: s.Ring, UI: s.UI, Now: s.Now, Issuer: s.Issuer,
		Channels: map[string]notify.Channel{notify.SMS: s.SMS, notify.Email: s.Mail},
	}
	s.Jobs = &job.Runner{DB: s.DB, Now: s.Now, Log: s.Log, Handlers: map[string]job.Handler{notify.JobKind: s.counted(s.Sender.Deliver)}, Turned: func(err error) { s.ran(taskJobs, err) }}
	s.Sender.Wake = s.Jobs.Wake
}

// features lists every feature and its routes: the one place to look for where a
// page comes from.
func (s *Server) features() error {
	attempts := &guard.Attempts{Ring: s.Ring, Now: s.Now}
	codes := &guard.Codes{DB: s.DB, Ring: s.Ring, Now: s.Now}
	budgets := &guard.Budgets{DB: s.DB, Ring: s.Ring, Now: s.Now, Refused: s.Metrics.Refused}
	flows := &flow.Engine{DB: s.DB, Ring: s.Ring, Clients: s.Clients, Cookies: s.Cookies, Now: s.Now, Issuer: s.Issuer, Rates: s.Rates}

	protocol, err := oauth.New(oauth.Config{
		DB: s.DB, Ring: s.Ring, Clients: s.Clients, Revoked: s.Revoked, Flows: flows, Cookies: s.Cookies, Now: s.Now, Issuer: s.Issuer,
		Grace: idp.RefreshGrace, FormAction: FormActionKey, Rates: s.Rates, ClientRate: perMinute(s.Limits.Client),
		Issued: s.Metrics.Token,
	})
	if err != nil {
		return err
	}
	flows.Service = protocol

	e := s.echo
	// What reads only is asked about by HEAD too (RFC 9110 §9.3.2); net/http leaves the
	// body out.
	reading := []string{http.MethodGet, http.MethodHead}
	e.Match(reading, "/", s.home)
	e.Match(reading, "/help/:name", s.help)
	e.Match(reading, "/static/*", echo.WrapHandler(ui.Static()))
	e.Match(reading, "/health/live", s.live)
	e.Match(reading, "/health/ready", s.ready)

	login := &loginpassword.Login{DB: s.DB, Ring: s.Ring, Hasher: s.Hasher, Flows: flows, Cookies: s.Cookies, Attempts: attempts, Budgets: budgets, Failures: &guard.Failures{Rates: s.Rates, Limit: s.Limits.Failures, Refused: s.Metrics.Refused}, Sender: s.Sender, Now: s.Now}
	e.GET("/login", login.Show)
	e.POST("/login/password", login.Submit)

	code := &sms.SMS{DB: s.DB, Flows: flows, Codes: codes, Budgets: budgets, Attempts: attempts, Sender: s.Sender, Now: s.Now}
	e.GET("/login/sms", code.Show)
	e.POST("/login/sms", code.Submit)

	choice := &loginaccount.Account{Flows: flows}
	e.GET("/login/account", choice.Show)
	e.POST("/login/account", choice.Submit)

	lacks := &level.Level{Flows: flows}
	e.GET("/login/level", lacks.Show)
	e.POST("/login/level", lacks.Submit)

	asked := &consent.Consent{DB: s.DB, Flows: flows, Now: s.Now}
	e.GET("/consent", asked.Show)
	e.POST("/consent", asked.Submit)

	policy := password.Citizen()
	registration := &register.Register{
		DB: s.DB, Ring: s.Ring, Hasher: s.Hasher, Flows: flows, Codes: codes, Budgets: budgets, Attempts: attempts, Sender: s.Sender,
		Policy: policy, MinimumAge: s.MinimumAge, Now: s.Now, Issuer: s.Issuer, MX: s.MX,
	}
	e.GET("/register", registration.Show)
	e.POST("/register", registration.Submit)
	e.GET("/register/code", registration.ShowCode)
	e.POST("/register/code", registration.SubmitCode)
	e.GET("/register/link", registration.ShowLink)
	e.POST("/register/link", registration.SubmitLink)
	e.GET("/register/password", registration.ShowPassword)
	e.POST("/register/password", registration.SubmitPassword)
	e.GET("/register/person", registration.ShowPerson)
	e.POST("/register/person", registration.SubmitPerson)

	own := &account.Account{
		DB: s.DB, Flows: flows, Clients: s.Clients, Cookies: s.Cookies, Hasher: s.Hasher, Policy: policy, Sender: s.Sender, Now: s.Now,
	}
	e.GET("/account", own.Home)
	e.GET("/account/profile", own.Profile)
	e.GET("/account/sessions", own.Sessions)
	e.GET("/account/sessions/end", own.AskEndSession)
	e.POST("/account/sessions/end", own.EndSession)
	e.GET("/account/sessions/end-all", own.AskEndAll)
	e.POST("/account/sessions/end-all", own.EndAll)
	e.GET("/account/sessions/end-others", own.AskEndOthers)
	e.POST("/account/sessions/end-others", own.EndOthers)
	e.GET("/account/services", own.Services)
	e.GET("/account/services/withdraw", own.AskWithdraw)
	e.POST("/account/services/withdraw", own.Withdraw)
	e.GET("/account/security", own.Security)
	e.GET("/account/second-factor", own.AskSecondFactor)
	e.POST("/account/second-factor", own.SetSecondFactor)
	e.GET("/account/password", own.Password)
	e.POST("/account/password", own.SetPassword)
	e.POST("/account/sign-out", own.SignOut)

	e.GET("/oauth2/authorize", protocol.Authorize)
	e.POST("/oauth2/authorize", protocol.Authorize)
	e.GET("/oauth2/logout", protocol.Logout)
	e.POST("/oauth2/logout", protocol.Logout)
	e.POST("/oauth2/introspect", protocol.Introspect)
	for _, open := range []struct {
		method, path string
		handler      echo.HandlerFunc
	}{
		{http.MethodGet, "/.well-known/openid-configuration", protocol.Discovery},
		{http.MethodHead, "/.well-known/openid-configuration", protocol.Discovery},
		{http.MethodGet, "/.well-known/oauth-authorization-server", protocol.Discovery},
		{http.MethodHead, "/.well-known/oauth-authorization-server", protocol.Discovery},
		{http.MethodGet, "/oauth2/jwks", protocol.JWKS},
		{http.MethodHead, "/oauth2/jwks", protocol.JWKS},
		{http.MethodPost, "/oauth2/token", protocol.Token},
		{http.MethodGet, "/oauth2/userinfo", protocol.Userinfo},
		{http.MethodPost, "/oauth2/userinfo", protocol.Userinfo},
		{http.MethodPost, "/oauth2/revoke", protocol.Revoke},
	} {
		e.Add(open.method, open.path, open.handler, oauth.CORS)
		e.OPTIONS(open.path, func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }, oauth.CORS)
	}
	return nil
}

// goodbyes are what the start page may say to whoever has just left.
var goodbyes = map[string]string{"signed-out": ui.NoticeSignedOut, "signed-out-everywhere": ui.NoticeSignedOutAll}

// home is GET /.
func (s *Server) home(c echo.Context) error {
	page := ui.Home{Notice: ui.T(goodbyes[c.QueryParam("done")])}
	if ref := s.Cookies.Session(c); ref != nil {
		subject, err := s.DB.SubjectBySession(c.Request().Context(), *ref, "")
		if err == nil && subject.Session.Usable(&subject.Account, s.Now()) {
			page.Person, page.Notice = subject.Profile.FullName(), ui.Text{}
			c.SetRequest(c.Request().WithContext(ui.WithName(c.Request().Context(), page.Person)))
		} else if err != nil && !isNotFound(err) {
			return err
		}
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// help is GET /help/:name.
func (s *Server) help(c echo.Context) error {
	page, ok := s.UI.Help(ui.Lang(c.Request().Context()), c.Param("name"))
	if !ok {
		return echo.ErrNotFound
	}
	return c.Render(http.StatusOK, page.Template(), page)
}
