package flow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/cache"
	"vhod/idp/guard"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
)

// Engine moves flows from step to step.
type Engine struct {
	DB      *store.DB
	Ring    *keys.Ring
	Clients *cache.Clients
	Cookies session.Cookies
	Now     idp.Clock
	Issuer  string
	// Rates limits what strangers can have kept.
	Rates *guard.Rates
	// Service answers services; idp/oauth provides it.
	Service Service
}

// Service is how a finished or refused flow answers the service that began it.
type Service interface {
	// Answer issues what was asked. The response is 200 with a link when the
	// request was a form post (Chromium applies form-action to redirects), 303
	// otherwise.
	Answer(c echo.Context, f *Flow, client *idp.Client, r Result) error
	// Refuse answers with an OAuth error code.
	Refuse(c echo.Context, f *Flow, client *idp.Client, code, description string) error
}

// Result is what a finished flow established.
type Result struct {
	Subject   *idp.Subject
	SessionID uuid.UUID
	Auth      Authentication
}

// Visit is one request of a browser to one step of a flow.
type Visit struct {
	*Flow
	// Client is the service of the flow; nil when the own account is the goal.
	Client *idp.Client
	// Subject is nil until an account is named.
	Subject *store.Subject
	// Unseen tells that the account comes from the browser's session and not from
	// the page that was posted: an answer given on a page shown to somebody else
	// must not count.
	Unseen bool
	// Restarted tells that the flow of the request could not go on and began anew.
	Restarted bool
	// Lapsed tells that the browser's session ended since nothing was done for long.
	Lapsed bool
}

// ClientID is the service's id, or empty.
func (v *Visit) ClientID() string {
	if v.Client == nil {
		return ""
	}
	return v.Client.ID
}

func (v *Visit) next(now time.Time) Step {
	if v.Subject == nil {
		return Next(v.Flow, v.Client, nil, now)
	}
	return Next(v.Flow, v.Client, &v.Subject.Subject, now)
}

// Begin starts a flow and sends the browser to its first step, or straight to
// the answer when nothing has to be asked.
func (e *Engine) Begin(c echo.Context, f *Flow) error {
	f.ID, f.BeganAt = uuid.New(), e.Now()
	v, err := e.visit(c, f)
	if err != nil {
		return err
	}
	if err := e.load(c, v); err != nil {
		return err
	}
	return e.Proceed(c, v)
}

// Open reads the flow of a request without asking the database who it is about.
// A value that is missing, foreign or too old gives a new flow to the own account.
func (e *Engine) Open(c echo.Context) (*Visit, error) {
	f, err := e.sealed().open(c.Request().Context(), c.FormValue("flow"), e.Cookies.Browser(c))
	if errors.Is(err, errFlow) {
		f = &Flow{ID: uuid.New(), BeganAt: e.Now(), Return: "/account"}
		v, err := e.visit(c, f)
		if v != nil {
			v.Restarted = c.FormValue("flow") != ""
		}
		return v, err
	}
	if err != nil {
		return nil, err
	}
	return e.visit(c, f)
}

// Reopen begins with the request of a flow that was kept apart from its browser,
// without what was proved then.
func (e *Engine) Reopen(c echo.Context, request string) (*Visit, error) {
	f, err := e.sealed().open(c.Request().Context(), request, nil)
	if errors.Is(err, errFlow) {
		f = &Flow{ID: uuid.New(), BeganAt: e.Now(), Return: "/account"}
	} else if err != nil {
		return nil, err
	}
	return e.visit(c, f)
}

// At opens the flow of a request for one of the named steps. When the flow is
// elsewhere it answers the request itself, with a redirect or the finish, and
// returns no visit: Back, deep links and forged posts do nothing.
func (e *Engine) At(c echo.Context, kinds ...StepKind) (*Visit, Step, error) {
	v, err := e.Open(c)
	if err != nil {
		return nil, Step{}, err
	}
	if err := e.load(c, v); err != nil {
		return nil, Step{}, err
	}
	step := v.next(e.Now())
	for _, kind := range kinds {
		if step.Kind == kind {
			return v, step, nil
		}
	}
	return nil, Step{}, e.Proceed(c, v)
}

// Named ties the flow to an account that a method has found.
func (v *Visit) Named(s *store.Subject) {
	v.Name(s.Account)
	v.Subject = s
}

// Another asks anew whose account is meant. The session stays until another account
// has been proved.
func (e *Engine) Another(c echo.Context, v *Visit) error {
	v.Progress = Progress{AccountChosen: true, OtherAccount: true}
	v.Subject = nil
	return e.send(c, v, Step{Kind: StepLogin})
}

// ServiceName is the name of the flow's service in the language of the request,
// or empty.
func (v *Visit) ServiceName(lang string) string {
	if v.Client == nil {
		return ""
	}
	return v.Client.NameIn(lang)
}

// Proved records a proof of the visit's subject and moves on. The writes are kept
// with the finish, or at once when the flow does not finish yet.
func (e *Engine) Proved(c echo.Context, v *Visit, m Method, writes ...store.Write) error {
	v.Prove(m, e.Now())
	return e.Proceed(c, v, writes...)
}

// Proceed moves to the next step, or finishes.
func (e *Engine) Proceed(c echo.Context, v *Visit, writes ...store.Write) error {
	step := v.next(e.Now())
	if step.Kind == StepDone {
		return e.finish(c, v, writes)
	}
	if err := e.DB.Write(c.Request().Context(), writes...); err != nil {
		return err
	}
	return e.send(c, v, step)
}

func (e *Engine) send(c echo.Context, v *Visit, step Step) error {
	if step.Kind == StepRefuse {
		return e.Service.Refuse(c, v.Flow, v.Client, step.Error, "")
	}
	to, err := e.URL(c, v, step.Kind.Path())
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// URL is a page of the flow with the flow's value.
func (e *Engine) URL(c echo.Context, v *Visit, path string) (string, error) {
	token, err := e.Token(c, v)
	if err != nil {
		return "", err
	}
	return path + "?flow=" + url.QueryEscape(token), nil
}

// Token is the flow's value for a form of its page.
func (e *Engine) Token(c echo.Context, v *Visit) (string, error) {
	s := e.sealed()
	s.keep = func() error { return e.Rates.Take("stored requests", guard.Network(c.RealIP()), storedRate) }
	return s.seal(c.Request().Context(), v.Flow, e.Cookies.EnsureBrowser(c))
}

func (e *Engine) sealed() sealed {
	return sealed{ring: e.Ring, db: e.DB, issuer: e.Issuer, now: e.Now}
}

func (e *Engine) visit(c echo.Context, f *Flow) (*Visit, error) {
	v := &Visit{Flow: f}
	if f.Request == nil {
		return v, nil
	}
	client, err := e.Clients.Client(c.Request().Context(), f.Request.ClientID)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.Status != idp.ClientActive {
		return nil, echo.NewHTTPError(http.StatusBadRequest, "the service of the flow is not registered any more")
	}
	if err != nil {
		return nil, fmt.Errorf("client of the flow: %w", err)
	}
	v.Client = client
	return v, nil
}

// load reads the account of the flow: the one named in it, or that of the
// browser's session. One statement.
func (e *Engine) load(c echo.Context, v *Visit) error {
	ref := e.Cookies.Session(c)
	if v.OID == 0 && v.OtherAccount {
		return nil
	}
	subject, err := e.subject(c.Request().Context(), v, ref)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("subject of the flow: %w", err)
	}
	if v.OID == 0 {
		if subject.Session == nil || !subject.Session.Alive(e.Now()) {
			v.Lapsed = subject.Session != nil && subject.Session.Idle(e.Now())
			return nil
		}
		v.Name(subject.Account)
		v.Unseen = true
	}
	v.Subject = subject
	return nil
}

func (e *Engine) subject(ctx context.Context, v *Visit, ref *store.SessionRef) (*store.Subject, error) {
	switch {
	case v.OID != 0:
		return e.DB.SubjectByOID(ctx, v.OID, v.ClientID(), ref)
	case ref != nil:
		return e.DB.SubjectBySession(ctx, *ref, v.ClientID())
	default:
		return nil, store.ErrNotFound
	}
}
