package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"

	"vhod/cmd/rig"
)

// changePassword ends every session but the own one, and all that services were
// given.
func (w *worker) changePassword(c *citizen) string {
	if c.perhaps != "" {
		return w.signIn(c) // which finds out
	}
	c.changes++
	next := fmt.Sprintf("%s-%d", rig.PersonPassword, c.changes)
	b := w.browser(c.devices[0])
	state, err := w.do(c.phone, "password changed", func() error {
		return w.settle(b, "/account/password", url.Values{"password": {next}, "password2": {next}}.Encode(), "/account/security")
	})
	switch state {
	case refused:
		w.violate(lost, "%s: the own session cannot change the password: %v", c.phone, err)
		return state
	case acknowledged:
		c.password = next
	default:
		c.perhaps = next
	}
	for _, d := range c.others() {
		c.leave(d, state)
	}
	c.end(state, func(*family) bool { return true })
	return state
}

// consent signs in to the second service, which asks the first time.
func (w *worker) consent(c *citizen) string {
	b := w.browser(c.devices[0])
	code, asked := "", false
	state, err := w.do(c.phone, "consent given", func() (err error) {
		code, asked, err = w.enter(b, w.shop, "", "")
		return err
	})
	switch {
	case state == refused:
		w.violate(lost, "%s: the own session is gone: %v", c.phone, err)
		return state
	case c.consent == allowed && asked:
		w.violate(lost, "%s: a consent that was given is asked for again", c.phone)
	case c.consent == notAsked && state == acknowledged && !asked:
		w.violate(lost, "%s: a consent that was withdrawn is there", c.phone)
	}
	if state != acknowledged {
		if c.consent == notAsked {
			c.consent = unsureAnswer
		}
		return state
	}
	c.consent = allowed
	return w.redeem(c, c.devices[0], w.shop, code)
}

// withdraw takes the consent back, with all that the service was given.
func (w *worker) withdraw(c *citizen) string {
	b := w.browser(c.devices[0])
	state, err := w.do(c.phone, "consent withdrawn", func() error {
		return w.settle(b, "/account/services/withdraw", "service="+w.shop.ID, "/account/services")
	})
	if state == refused {
		w.violate(lost, "%s: the own session is gone: %v", c.phone, err)
		return state
	}
	c.consent = unsureAnswer
	if state == acknowledged {
		c.consent = notAsked
	}
	c.end(state, func(f *family) bool { return f.service.ID == w.shop.ID })
	return state
}

// signOut signs one of the other devices out.
func (w *worker) signOut(c *citizen, d *device) string {
	b := w.browser(d)
	b.Cookies = maps.Clone(d.cookies) // the browser forgets; whether the provider does is checked
	state, err := w.do(c.phone, "signed out", func() error { return w.settle(b, "/account/sign-out", "", "/?done=signed-out") })
	if state == refused {
		w.violate(failed, "%s: signing out was refused: %v", c.phone, err)
	}
	c.leave(d, state)
	return state
}

var sessionField = regexp.MustCompile(`name="session" value="([0-9a-f-]{36})"`)

// endSessions ends, from the own browser, every other one that is signed in.
func (w *worker) endSessions(c *citizen) string {
	b := w.browser(c.devices[0])
	if _, err := b.Open(http.MethodGet, "/account/sessions", ""); err != nil || b.Status != http.StatusOK {
		return unknown
	}
	listed := sessionField.FindAllSubmatch(b.Page, -1)
	if len(listed) < 1+len(c.others()) {
		w.violate(lost, "%s: %d sessions are listed, and %d more than the own one were begun", c.phone, len(listed), len(c.others()))
	}
	state, err := w.do(c.phone, "sessions ended", func() error {
		own := w.current(b)
		for _, id := range listed {
			if string(id[1]) == own {
				continue
			}
			if err := w.settle(b, "/account/sessions/end", "session="+string(id[1]), "/account/sessions"); err != nil {
				return err
			}
		}
		return nil
	})
	if state == refused {
		w.violate(lost, "%s: the own session is gone: %v", c.phone, err)
		return state
	}
	for _, d := range c.others() {
		c.leave(d, state)
	}
	return state
}

var currentSession = regexp.MustCompile(`(?s)govuk-tag.*?name="session" value="([0-9a-f-]{36})"`)

// current is the session that the page says is the browser's own.
func (w *worker) current(b *rig.Browser) string {
	m := currentSession.FindSubmatch(b.Page)
	if m == nil {
		return ""
	}
	return string(m[1])
}
