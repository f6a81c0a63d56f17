package relying

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"time"
)

const goodbyePeriod = 10 * time.Minute

// logout ends the service's session, then asks the provider to end its own
// (OpenID Connect RP-Initiated Logout 1.0 §2). The first part cannot fail.
func (p *party) logout(w http.ResponseWriter, r *http.Request) {
	id := p.cookie(r, "session")
	current := p.sessions.find(id)
	p.sessions.end(id)
	p.dropCookie(w, "session")
	if current == nil {
		p.toHome(w, r)
		return
	}
	m, err := p.found.metadata(r.Context())
	if err != nil || m.endSession == "" {
		p.cfg.Log.WarnContext(r.Context(), "signed out here only", "service", p.name)
		http.Redirect(w, r, "/"+p.name+"/goodbye", http.StatusSeeOther)
		return
	}
	target, err := url.Parse(m.endSession)
	if err != nil {
		p.failInternal(w, r, err)
		return
	}
	current.mu.Lock()
	hint := current.account.rawID
	current.mu.Unlock()
	state := random()
	query := target.Query()
	query.Set("id_token_hint", hint)
	query.Set("client_id", p.client.ID)
	query.Set("post_logout_redirect_uri", p.home+"goodbye")
	query.Set("state", state)
	query.Set("ui_locales", p.lang(r))
	target.RawQuery = query.Encode()
	p.setCookie(w, "goodbye", state, goodbyePeriod)
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
}

// goodbye tells apart "signed out everywhere" (the provider sent the browser
// back with our state) from "signed out here".
func (p *party) goodbye(w http.ResponseWriter, r *http.Request) {
	want, got := p.cookie(r, "goodbye"), r.URL.Query().Get("state")
	everywhere := want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(got)) == 1
	p.page(w, r, http.StatusOK, "goodbye", struct{ Everywhere bool }{everywhere})
}
