package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"vhod/cmd/rig"
)

// verify asks the provider, well again, for everything that was acknowledged.
func (t *traffic) verify(ctx context.Context) {
	next := make(chan *citizen)
	var wg sync.WaitGroup
	for n := range workers {
		w := t.worker(n)
		wg.Go(func() {
			defer w.Close()
			for c := range next {
				w.check(c)
			}
		})
	}
	for _, c := range t.citizens {
		if ctx.Err() != nil {
			break
		}
		next <- c
	}
	close(next)
	wg.Wait()
	owners := map[string]string{}
	for _, c := range t.citizens {
		if c.sub == "" {
			continue
		}
		if other := owners[c.sub]; other != "" {
			t.violate(double, "%s and %s are both account %s", other, c.phone, c.sub)
		}
		owners[c.sub] = c.phone
	}
}

// check asks for what one citizen should have, families first: signing in anew
// touches none of them.
func (w *worker) check(c *citizen) {
	for _, f := range c.families {
		w.checkFamily(c, f)
	}
	for _, token := range c.revoked {
		if active, err := w.active(w.bank, token); err != nil || active {
			w.violate(lost, "%s: a token that was revoked counts (%v)", c.phone, err)
		}
	}
	for i, d := range c.devices {
		w.checkDevice(c, d, i == 0)
	}
	if c.consent != unsureAnswer && !c.devices[0].ended {
		_, asked, err := w.enter(w.browser(c.devices[0]), w.shop, "", "")
		if err != nil || asked != (c.consent == notAsked) {
			w.violate(lost, "%s: the second service, which was allowed: %v, asks: %v (%v)", c.phone, c.consent == allowed, asked, err)
		}
	}
	w.checkPassword(c)
}

// checkPassword signs in with the password, and not with the one before.
func (w *worker) checkPassword(c *citizen) {
	if c.perhaps == secondFactor {
		_, _, err := w.enter(w.browser(nil), w.bank, c.phone, c.password)
		if at := new(rig.AnswerError); err != nil && !(errors.As(err, &at) && strings.Contains(at.What, "/login/sms")) {
			w.violate(lost, "%s: a finished registration does not let sign in: %v", c.phone, err)
		}
		return
	}
	code, err := w.withPassword(w.browser(nil), c)
	if errors.Is(err, rig.ErrRefused) {
		w.violate(shutOut, "%s: the right password is not let in any more: %v", c.phone, err)
		return
	}
	if err != nil {
		w.violate(lost, "%s: could not sign in: %v", c.phone, err)
		return
	}
	t, err := w.bank.Token(w.Client, rig.CodeForm(code))
	if err != nil {
		w.violate(lost, "%s: a new code was not redeemed: %v", c.phone, err)
		return
	}
	w.same(c, t.ID)
	if c.password == rig.PersonPassword {
		return
	}
	if _, _, err := w.enter(w.browser(nil), w.bank, c.phone, rig.PersonPassword); outcome(err) != refused {
		w.violate(lost, "%s: the first password, changed since, lets in (%v)", c.phone, err)
	}
}

func (w *worker) checkFamily(c *citizen, f *family) {
	if !f.issued.IsZero() && time.Since(f.issued) < 4*time.Minute && !f.unsure && f.unanswered.IsZero() && !w.clockMoves {
		active, err := w.active(f.service, f.tokens.Access)
		if err != nil || active == f.ended {
			w.violate(lost, "%s: an access token of a family that ended: %v, counts: %v (%v)", c.phone, f.ended, active, err)
		}
	}
	switch {
	case f.ended:
		if _, err := f.service.Refresh(w.Client, f.tokens.Refresh); outcome(err) != refused {
			w.violate(lost, "%s: a family that ended goes on (%v)", c.phone, err)
		}
	case f.live():
		next, err := f.service.Refresh(w.Client, f.tokens.Refresh)
		if err != nil {
			w.violate(lost, "%s: a family does not go on: %v", c.phone, err)
			return
		}
		w.exchanged(c.phone, f.tokens.Refresh, next.Refresh)
	}
}

// checkDevice looks whether a browser is signed in, as it should or should not be.
func (w *worker) checkDevice(c *citizen, d *device, own bool) {
	if d.unsure {
		return
	}
	b := w.browser(d)
	if !own {
		b.Cookies = maps.Clone(d.cookies)
	}
	_, err := b.Open(http.MethodGet, "/account", "")
	in := err == nil && b.Status == http.StatusOK && strings.HasPrefix(b.At, "/account")
	out := err == nil && b.Status == http.StatusOK && strings.HasPrefix(b.At, "/login")
	if d.ended && !out || !d.ended && !in {
		w.violate(lost, "%s: a session that ended: %v, leads to %s (%d, %v)", c.phone, d.ended, b.At, b.Status, err)
	}
}

// active asks whether a token counts.
func (w *worker) active(s rig.Service, token string) (bool, error) {
	a, err := w.Post("/oauth2/introspect", "token="+url.QueryEscape(token), rig.Basic(s.ID, s.Secret))
	if err == nil && a.Status != http.StatusOK {
		err = rig.Unexpected("introspection", a)
	}
	return strings.Contains(string(a.Body), `"active":true`), err
}
