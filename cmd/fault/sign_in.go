package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"vhod/cmd/rig"
)

// enter goes from a service to the code, giving the password and the consent where
// they are asked for.
func (w *worker) enter(b *rig.Browser, s rig.Service, login, password string) (code string, consented bool, err error) {
	a, err := b.Open(http.MethodGet, s.Authorize, "")
	typed := false
	for err == nil {
		if code, err := rig.CodeOf(a); err == nil {
			return code, consented, nil
		}
		switch {
		case a.Status != http.StatusOK:
			return "", consented, b.Unexpected("sign-in")
		case strings.HasPrefix(b.At, "/login") && !typed && password != "":
			typed = true
			a, err = b.Submit("/login/password", map[string]string{"login": login, "password": password})
		case strings.HasPrefix(b.At, "/consent") && !consented:
			consented = true
			a, err = b.Submit("/consent", map[string]string{"decision": "allow"})
		default:
			return "", consented, b.Unexpected("sign-in")
		}
	}
	return "", consented, err
}

// signIn is another browser of the citizen's, that signs in with the password.
func (w *worker) signIn(c *citizen) string {
	b := w.browser(nil)
	code := ""
	state, err := w.do(c.phone, "signed in", func() (err error) {
		code, err = w.withPassword(b, c)
		return err
	})
	switch state {
	case refused:
		w.violate(lost, "%s: could not sign in: %v", c.phone, err)
	case acknowledged:
		d := &device{cookies: b.Cookies}
		c.devices = append(c.devices, d)
		return w.redeem(c, d, w.bank, code)
	}
	return state
}

// withPassword signs in; where a change was not answered, with whichever password is
// right.
func (w *worker) withPassword(b *rig.Browser, c *citizen) (string, error) {
	if c.perhaps == "" {
		code, _, err := w.enter(b, w.bank, c.phone, c.password)
		return code, err
	}
	code, _, err := w.enter(b, w.bank, c.phone, c.perhaps)
	if err == nil {
		c.password, c.perhaps = c.perhaps, ""
		return code, nil
	}
	if outcome(err) != refused {
		return "", err
	}
	code, _, err = w.enter(b, w.bank, c.phone, c.password)
	if err == nil {
		c.perhaps = ""
	}
	return code, err
}

// singleSignOn is the citizen's own browser at a service that is allowed already.
func (w *worker) singleSignOn(c *citizen) string {
	own := c.devices[0]
	b := w.browser(own)
	code := ""
	state, err := w.do(c.phone, "single sign-on", func() (err error) {
		code, _, err = w.enter(b, w.bank, "", "")
		return err
	})
	switch state {
	case refused:
		w.violate(lost, "%s: the own session is gone: %v", c.phone, err)
	case acknowledged:
		return w.redeem(c, own, w.bank, code)
	}
	return state
}

// redeem redeems a code.
func (w *worker) redeem(c *citizen, d *device, s rig.Service, code string) string {
	var t rig.Tokens
	issued := time.Now()
	state, err := w.do(c.phone, "code redeemed", func() (err error) {
		t, err = s.Token(w.Client, rig.CodeForm(code))
		return err
	})
	switch state {
	case refused:
		if !w.clockMoves {
			w.violate(lost, "%s: a new code was refused: %v", c.phone, err)
		}
	case acknowledged:
		w.spent(c.phone, code)
		w.same(c, t.ID)
		c.families = append(c.families, &family{service: s, device: d, tokens: t, issued: issued})
	}
	return state
}

// redeemTwice redeems one code on two connections at once: one at most is let.
func (w *worker) redeemTwice(c *citizen) string {
	b := w.browser(c.devices[0])
	code := ""
	if state, err := w.do(c.phone, "single sign-on", func() (err error) {
		code, _, err = w.enter(b, w.bank, "", "")
		return err
	}); state != acknowledged {
		if state == refused {
			w.violate(lost, "%s: the own session is gone: %v", c.phone, err)
		}
		return state
	}
	state, _ := w.do(c.phone, "code redeemed twice at once", func() error {
		errs := w.twice(func(one *rig.Client) error {
			_, err := w.bank.Token(one, rig.CodeForm(code))
			if err == nil {
				w.spent(c.phone, code)
			}
			return err
		})
		return errs
	})
	return state
}

// twice does the same on two connections at once. What was answered and refused is
// no failure, unless neither was let.
func (w *worker) twice(do func(*rig.Client) error) error {
	second := &rig.Client{Address: w.server(w.begun + 1), Host: rig.IssuerHost, Wait: wait, Seen: w.seen}
	defer second.Close()
	done := make(chan error, 1)
	go func() { done <- do(second) }()
	first := do(w.Client)
	other := <-done
	if first == nil || other == nil {
		return nil
	}
	return errors.Join(first, other)
}

// same holds that the citizen is always the same one.
func (w *worker) same(c *citizen, idToken string) {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		w.violate(failed, "%s: the id token is none", c.phone)
		return
	}
	var claims struct{ Sub string }
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil || claims.Sub == "" {
		w.violate(failed, "%s: the id token cannot be read: %v", c.phone, err)
		return
	}
	if c.sub == "" {
		c.sub = claims.Sub
	}
	if c.sub != claims.Sub {
		w.violate(double, "%s is account %s and %s", c.phone, c.sub, claims.Sub)
	}
}
