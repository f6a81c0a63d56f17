package relying

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// revoke gives the tokens back (RFC 7009); the service's own session stays.
func (p *party) revoke(w http.ResponseWriter, r *http.Request) {
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
	if m.revocation == "" {
		p.fail(w, r, failure{status: http.StatusNotImplemented, text: "error_no_revocation"})
		return
	}
	current.mu.Lock()
	defer current.mu.Unlock()
	// The refresh token first: its revocation ends the whole grant (RFC 7009 §2.1).
	for _, token := range []struct {
		value *string
		hint  string
	}{{&current.account.refresh, "refresh_token"}, {&current.account.access, "access_token"}} {
		if *token.value == "" {
			continue
		}
		if err := p.postRevocation(r.Context(), m.revocation, *token.value, token.hint); err != nil {
			p.failProof(w, r, err)
			return
		}
		*token.value = ""
	}
	current.account.revoked = true
	p.toHome(w, r)
}

func (p *party) postRevocation(ctx context.Context, endpoint, token, hint string) error {
	form := url.Values{"token": {token}, "token_type_hint": {hint}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("revocation: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.client.Secret != "" { // RFC 6749 §2.3.1: form-encoded before the header
		req.SetBasicAuth(url.QueryEscape(p.client.ID), url.QueryEscape(p.client.Secret))
	}
	res, err := p.http.Do(req)
	if err != nil {
		return fmt.Errorf("revocation: %w", err)
	}
	if err := res.Body.Close(); err != nil {
		return fmt.Errorf("revocation: %w", err)
	}
	if res.StatusCode != http.StatusOK { // RFC 7009 §2.2
		return fmt.Errorf("revocation: answered %d", res.StatusCode)
	}
	return nil
}
