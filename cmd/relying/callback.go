package relying

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// callback takes the authorization response. Nothing in it is believed before
// its state is matched with an attempt of this very browser.
func (p *party) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, name := range []string{"state", "iss", "code", "error", "error_description"} {
		if len(query[name]) > 1 { // RFC 6749 §3.1: not more than once
			p.fail(w, r, failure{status: http.StatusBadRequest, text: "error_response", code: name})
			return
		}
	}
	a, ok := p.spendAttempt(w, r, query.Get("state"))
	if !ok && p.sessions.find(p.cookie(r, "session")) != nil {
		// Back, or an answer seen twice: nothing of it is believed, and who is signed
		// in stays so.
		http.Redirect(w, r, "/"+p.name+"/", http.StatusSeeOther)
		return
	}
	if !ok { // RFC 6749 §10.12
		p.fail(w, r, failure{status: http.StatusBadRequest, text: "error_state"})
		return
	}
	m, err := p.found.metadata(r.Context())
	if err != nil {
		p.failUnavailable(w, r, err)
		return
	}
	// RFC 9207 §2.4: compare exactly; absent only when not promised.
	if iss, present := query["iss"]; (present && iss[0] != p.cfg.Issuer) || (!present && m.sendsIss) {
		p.fail(w, r, failure{status: http.StatusBadRequest, text: "error_issuer"})
		return
	}
	if code := query.Get("error"); code != "" { // RFC 6749 §4.1.2.1
		p.failAnswer(w, r, code, query.Get("error_description"))
		return
	}
	if query.Get("code") == "" {
		p.fail(w, r, failure{status: http.StatusBadRequest, text: "error_response", code: "code"})
		return
	}
	ctx := oidc.ClientContext(r.Context(), p.http)
	token, err := p.oauth(m).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(a.Verifier)) // RFC 7636 §4.5
	if err != nil {
		p.failToken(w, r, err)
		return
	}
	person, err := p.admit(ctx, m, token, a)
	if err != nil {
		p.failProof(w, r, err)
		return
	}
	p.sessions.end(p.cookie(r, "session")) // a new sign-in replaces the old one
	made := p.sessions.begin(person)
	p.setCookie(w, "session", made.id, sessionPeriod)
	http.Redirect(w, r, "/"+p.name+"/", http.StatusSeeOther)
}

func (p *party) spendAttempt(w http.ResponseWriter, r *http.Request, state string) (attempt, bool) {
	if state == "" || len(state) > 100 {
		return attempt{}, false
	}
	for _, a := range p.attempts(r) {
		if subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) == 1 {
			p.dropCookie(w, attemptCookie(a.State))
			fresh := p.cfg.Now().Before(time.Unix(a.Started, 0).Add(attemptPeriod))
			return a, fresh
		}
	}
	return attempt{}, false
}

// admit verifies the ID token of a first answer and asks userinfo.
func (p *party) admit(ctx context.Context, m *metadata, token *oauth2.Token, a attempt) (account, error) {
	person := account{signedIn: p.cfg.Now()}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return person, errors.New("no id_token")
	}
	id, err := p.verify(ctx, m, token, raw, &person)
	if err != nil {
		return person, err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1 { // OpenID Connect Core §3.1.3.7 (11)
		return person, errors.New("nonce differs")
	}
	if a.MaxAge != nil { // §3.1.3.7 (13); a minute for clocks that disagree
		oldest := p.cfg.Now().Add(-time.Duration(*a.MaxAge)*time.Second - time.Minute)
		if person.authTime == 0 || time.Unix(person.authTime, 0).Before(oldest) {
			return person, errors.New("auth_time older than max_age")
		}
	}
	return person, p.complete(ctx, m, token, &person)
}
