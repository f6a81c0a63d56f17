package main

import (
	"net/http"
	"net/url"
	"sync"
	"time"

	"vhod/cmd/rig"
)

// refresh goes on with a family.
func (w *worker) refresh(c *citizen, f *family) string {
	shown, at := f.tokens.Refresh, time.Now()
	var next rig.Tokens
	state, err := w.do(c.phone, "refresh rotated", func() (err error) {
		next, err = f.service.Refresh(w.Client, shown)
		return err
	})
	w.rotated(c, f, state, err, at, next)
	return state
}

// rotated notes how showing a refresh token ended.
func (w *worker) rotated(c *citizen, f *family, state string, err error, at time.Time, next rig.Tokens) {
	switch state {
	case acknowledged:
		w.exchanged(c.phone, f.tokens.Refresh, next.Refresh)
		f.tokens, f.issued, f.unanswered = next, at, time.Time{}
	case refused:
		if f.live() && !w.clockMoves {
			w.violate(lost, "%s: a refresh token that was given is refused: %v", c.phone, err)
		}
		f.ended = true
	default:
		if f.unanswered.IsZero() {
			f.unanswered = at
		}
	}
}

// refreshTwice shows one refresh token on two connections at once: both are given
// the same successor.
func (w *worker) refreshTwice(c *citizen, f *family) string {
	shown, at := f.tokens.Refresh, time.Now()
	var mu sync.Mutex
	var next rig.Tokens
	state, err := w.do(c.phone, "refresh rotated twice at once", func() error {
		return w.twice(func(one *rig.Client) error {
			t, err := f.service.Refresh(one, shown)
			if err == nil {
				w.exchanged(c.phone, shown, t.Refresh)
				mu.Lock()
				next = t
				mu.Unlock()
			}
			return err
		})
	})
	w.rotated(c, f, state, err, at, next)
	return state
}

// revoke ends a family.
func (w *worker) revoke(c *citizen, f *family) string {
	state, err := w.do(c.phone, "family revoked", func() error { return w.revokeToken(f.service, f.tokens.Refresh) })
	if state == refused {
		w.violate(failed, "%s: revocation was refused: %v", c.phone, err)
	}
	c.end(state, func(one *family) bool { return one == f })
	return state
}

// revokeAccess revokes one access token; the family gets another.
func (w *worker) revokeAccess(c *citizen, f *family) string {
	token := f.tokens.Access
	state, err := w.do(c.phone, "token revoked", func() error { return w.revokeToken(f.service, token) })
	switch state {
	case refused:
		w.violate(failed, "%s: revocation was refused: %v", c.phone, err)
	case acknowledged:
		c.revoked = append(c.revoked, token)
		f.issued = time.Time{}
	default:
		f.issued = time.Time{}
	}
	return state
}

func (w *worker) revokeToken(s rig.Service, token string) error {
	a, err := w.Post("/oauth2/revoke", "token="+url.QueryEscape(token), rig.Basic(s.ID, s.Secret))
	if err == nil && a.Status != http.StatusOK {
		err = rig.Unexpected("revocation", a)
	}
	return err
}
