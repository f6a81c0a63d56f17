package relying

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// row is one claim as each source stated it; empty where it did not.
type row struct{ Name, ID, User string }

// accountView is the account page. Times are zero when unknown.
type accountView struct {
	Name                                            string
	Rows                                            []row
	Scope                                           string
	CanRefresh, CanRevoke, Revoked                  bool
	AccessExpiry, IDExpiry, SignedIn, Renewed, Ends time.Time
}

// show is the account for who has signed in, else the public page.
func (p *party) show(w http.ResponseWriter, r *http.Request) {
	current := p.sessions.find(p.cookie(r, "session"))
	if current == nil {
		p.page(w, r, http.StatusOK, "public", struct{ Login string }{"/" + p.name + "/login"})
		return
	}
	current.mu.Lock()
	a := current.account // maps in it are replaced, never changed
	current.mu.Unlock()
	p.page(w, r, http.StatusOK, "account", accountView{
		Name: a.name(), Rows: a.rows(), Scope: a.scope,
		CanRefresh: a.refresh != "", CanRevoke: a.refresh != "" || a.access != "", Revoked: a.revoked,
		AccessExpiry: a.accessExpiry, IDExpiry: a.idExpiry, SignedIn: a.signedIn, Renewed: a.renewed, Ends: current.expires,
	})
}

// name is the best the claims offer (OpenID Connect Core §5.1), else the subject.
func (a account) name() string {
	for _, claims := range []map[string]json.RawMessage{a.userClaims, a.idClaims} {
		if full := text(claims["name"]); full != "" {
			return full
		}
		parts := strings.TrimSpace(text(claims["given_name"]) + " " + text(claims["family_name"]))
		if parts != "" {
			return parts
		}
	}
	return a.subject
}

func (a account) rows() []row {
	names := map[string]bool{}
	for name := range a.idClaims {
		names[name] = true
	}
	for name := range a.userClaims {
		names[name] = true
	}
	var list []row
	for _, name := range slices.Sorted(maps.Keys(names)) {
		list = append(list, row{name, shown(a.idClaims[name]), shown(a.userClaims[name])})
	}
	return list
}

// text is a claim that is a string, else nothing.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// shown is a string without its quotes, anything else as compact JSON.
func shown(raw json.RawMessage) string {
	if s := text(raw); s != "" {
		return s
	}
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return string(raw)
	}
	return out.String()
}

func join(scopes []string) string { return strings.Join(scopes, " ") }
