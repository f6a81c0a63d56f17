package relying

import (
	"context"
	"errors"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// refresh renews the access token (RFC 6749 §6) and reads the claims anew.
func (p *party) refresh(w http.ResponseWriter, r *http.Request) {
	current := p.sessions.find(p.cookie(r, "session"))
	if current == nil {
		p.toHome(w, r)
		return
	}
	m, err := p.found.metadata(r.Context())
	if err != nil {
		p.failUnavailable(w, r, err)
		return
	}
	current.mu.Lock()
	defer current.mu.Unlock()
	if current.account.refresh == "" {
		p.fail(w, r, failure{status: http.StatusConflict, text: "error_no_refresh"})
		return
	}
	// The old token is spent once sent, so a closed tab must not lose the new one.
	ctx := oidc.ClientContext(context.WithoutCancel(r.Context()), p.http)
	token, err := p.oauth(m).TokenSource(ctx, &oauth2.Token{RefreshToken: current.account.refresh}).Token()
	if err != nil {
		if refused(err) == "invalid_grant" { // RFC 6749 §5.2: it will never work again
			current.account.access, current.account.refresh = "", ""
		}
		p.failToken(w, r, err)
		return
	}
	renewed := current.account
	err = p.renew(ctx, m, token, &renewed)
	if err != nil {
		// Its answer is not believed, but the successor is the only one left.
		current.account.access, current.account.refresh = token.AccessToken, token.RefreshToken
		p.failProof(w, r, err)
		return
	}
	current.account = renewed
	p.toHome(w, r)
}

// renew checks a refreshed answer by OpenID Connect Core §12.2.
func (p *party) renew(ctx context.Context, m *metadata, token *oauth2.Token, person *account) error {
	if raw, ok := token.Extra("id_token").(string); ok {
		before := *person
		if _, err := p.verify(ctx, m, token, raw, person); err != nil {
			return err
		}
		if person.subject != before.subject {
			return errors.New("refreshed id_token: sub is another person")
		}
		if before.authTime != 0 && person.authTime != 0 && person.authTime != before.authTime {
			return errors.New("refreshed id_token: auth_time changed")
		}
		if nonce, present := person.idClaims["nonce"]; present && string(nonce) != string(before.idClaims["nonce"]) {
			return errors.New("refreshed id_token: nonce differs")
		}
	}
	if err := p.complete(ctx, m, token, person); err != nil {
		return err
	}
	person.renewed = p.cfg.Now()
	return nil
}

func (p *party) toHome(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/"+p.name+"/", http.StatusSeeOther)
}
