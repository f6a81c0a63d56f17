package relying

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sort"
	"strings"
	"time"
)

const (
	maxAttempts   = 5
	attemptPeriod = 24 * time.Hour // the person may have to register first
)

// attempt is one sign-in in progress, kept in the browser: one cookie for each,
// so that several tabs do not disturb one another.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	MaxAge   *int64 `json:"m,omitempty"` // seconds, when max_age was asked for
	Started  int64  `json:"t"`           // unix seconds
}

// cookieName carries the service's own prefix: cookies know no ports, so those
// of a provider on the same host arrive here too.
func (p *party) cookieName(what string) string {
	name := "primer_" + p.name + "_" + what
	if p.secure {
		return "__Secure-" + name
	}
	return name
}

func (p *party) setCookie(w http.ResponseWriter, what, value string, period time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: p.cookieName(what), Value: value, Path: "/" + p.name + "/", MaxAge: int(period / time.Second),
		HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	})
}

func (p *party) dropCookie(w http.ResponseWriter, what string) {
	p.setCookie(w, what, "", -time.Second)
}

func (p *party) cookie(r *http.Request, what string) string {
	c, err := r.Cookie(p.cookieName(what))
	if err != nil {
		return ""
	}
	return c.Value
}

func attemptCookie(state string) string { return "flow_" + state[:min(len(state), 12)] }

// keepAttempt stores a and drops the oldest beyond maxAttempts, so that
// abandoned tabs never add up to a request header too large to accept.
func (p *party) keepAttempt(w http.ResponseWriter, r *http.Request, a attempt) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	old := p.attempts(r)
	sort.Slice(old, func(i, j int) bool { return old[i].Started > old[j].Started })
	for _, gone := range old[min(len(old), maxAttempts-1):] {
		p.dropCookie(w, attemptCookie(gone.State))
	}
	p.setCookie(w, attemptCookie(a.State), base64.RawURLEncoding.EncodeToString(text), attemptPeriod)
	return nil
}

func (p *party) attempts(r *http.Request) []attempt {
	var list []attempt
	prefix := p.cookieName("flow_")
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(c.Name, prefix) {
			continue
		}
		var a attempt
		text, err := base64.RawURLEncoding.DecodeString(c.Value)
		if err != nil || json.Unmarshal(text, &a) != nil || c.Name != p.cookieName(attemptCookie(a.State)) {
			continue // not one of ours: it counts for nothing
		}
		list = append(list, a)
	}
	return list
}
