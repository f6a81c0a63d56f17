package flow

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/session"
	"vhod/store"
)

// finish records what the flow led to, in one round trip, and answers. A flow in
// which nothing was proved or allowed anew (single sign-on) records nothing.
func (e *Engine) finish(c echo.Context, v *Visit, writes []store.Write) error {
	ctx, now := c.Request().Context(), e.Now()
	auth, _ := authentication(v.Flow, &v.Subject.Subject, now)
	result := Result{Subject: &v.Subject.Subject, Auth: auth}
	if len(v.Proofs) == 0 && !v.Consented {
		if err := e.DB.Write(ctx, writes...); err != nil {
			return err
		}
		result.SessionID = v.Subject.Session.ID
		if now.Sub(v.Subject.Session.SeenAt) >= idp.SeenEvery {
			if err := e.DB.TouchSession(ctx, v.OID.Bucket(), result.SessionID, now); err != nil {
				return err
			}
		}
		return e.answer(c, v, result)
	}
	id, err := e.record(c, v, auth, writes)
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrStale) {
		// Finished before, or the account was secured meanwhile: the request begins
		// anew without what was proved.
		return e.Restart(c, v)
	}
	if err != nil {
		return err
	}
	result.SessionID = id
	return e.answer(c, v, result)
}

// record spends the flow and keeps the session and the consent that it led to.
func (e *Engine) record(c echo.Context, v *Visit, auth Authentication, writes []store.Write) (uuid.UUID, error) {
	now := e.Now()
	done := store.Finish{FlowID: v.ID, Browser: e.Cookies.EnsureBrowser(c), Subject: v.Subject, Old: e.Cookies.Session(c)}
	var secret, binding []byte
	if len(v.Proofs) > 0 {
		done.Session, secret = newSession(c, v, auth, now)
		done.ProvedAt = slices.MinFunc(v.Proofs, func(a, b Proof) int { return a.At.Compare(b.At) }).At
		binding, done.NextBrowser = session.NewSecret()
		event, err := audit.New(c, now, idp.EventLoginSucceeded, v.OID, v.ClientID(), map[string]string{"amr": strings.Join(auth.AMR, " ")})
		if err != nil {
			return uuid.Nil, err
		}
		writes = append(writes, event)
	}
	if v.Consented && v.Request != nil {
		done.Consent = v.consent()
		event, err := audit.New(c, now, idp.EventConsentGiven, v.OID, v.ClientID(), map[string]string{"scope": strings.Join(v.Request.Scopes, " ")})
		if err != nil {
			return uuid.Nil, err
		}
		writes = append(writes, event)
	}
	id, err := e.DB.FinishFlow(c.Request().Context(), done, now, writes...)
	if err != nil {
		return uuid.Nil, err
	}
	if len(v.Proofs) > 0 {
		e.Cookies.SetSession(c, v.OID.Bucket(), id, secret)
		e.Cookies.SetBrowser(c, binding)
	}
	return id, nil
}

// Refuse ends a flow that has come to consent or beyond with an error told to its
// service. The citizen has been authenticated in full by then and is signed in all
// the same, at the own account and for the next service.
func (e *Engine) Refuse(c echo.Context, v *Visit, code, description string, writes ...store.Write) error {
	if len(v.Proofs) == 0 {
		if err := e.DB.Write(c.Request().Context(), writes...); err != nil {
			return err
		}
	} else {
		auth, _ := authentication(v.Flow, &v.Subject.Subject, e.Now())
		_, err := e.record(c, v, auth, writes)
		if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	if v.Request == nil {
		return c.Redirect(http.StatusSeeOther, "/")
	}
	return e.Service.Refuse(c, v.Flow, v.Client, code, description)
}

// answer gives the service what it asked for, or shows the own account.
func (e *Engine) answer(c echo.Context, v *Visit, r Result) error {
	if v.Request != nil {
		return e.Service.Answer(c, v.Flow, v.Client, r)
	}
	return c.Redirect(http.StatusSeeOther, v.Return)
}

// Finished tells whether a flow has come to its end already: the button was pressed
// twice.
func (e *Engine) Finished(ctx context.Context, v *Visit) (bool, error) {
	return e.DB.FlowSpent(ctx, v.OID, v.ID)
}

// Restart begins the flow's request anew; what the browser's session answers, it
// answers.
func (e *Engine) Restart(c echo.Context, v *Visit) error {
	fresh := &Visit{Flow: again(v.Flow, e.Now()), Client: v.Client}
	if err := e.load(c, fresh); err != nil {
		return err
	}
	step := fresh.next(e.Now())
	if step.Kind == StepDone {
		// What the browser's session alone answers needs no record.
		return e.finish(c, fresh, nil)
	}
	return e.send(c, fresh, step)
}

func newSession(c echo.Context, v *Visit, auth Authentication, now time.Time) (*idp.Session, []byte) {
	secret, cookieHash := session.NewSecret()
	return &idp.Session{
		ID: uuid.New(), CookieHash: cookieHash, OID: v.OID, SecurityVersion: v.Subject.Account.SecurityVersion,
		AMR: auth.AMR, AuthTime: auth.Time, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(idp.SessionAbsolute),
		Device: idp.Device{IP: c.RealIP(), UserAgent: truncate(c.Request().UserAgent(), 512)},
	}, secret
}

// consent is what is remembered: what was allowed before and now.
func (v *Visit) consent() *idp.Consent {
	all := slices.Clone(v.Subject.Consent.Scopes)
	for _, s := range v.Request.Scopes {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return &idp.Consent{ClientID: v.Request.ClientID, Scopes: all}
}

func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
