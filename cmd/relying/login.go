package relying

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/oauth2"
)

var (
	promptPattern  = regexp.MustCompile(`^(none|login|consent|select_account|create)( (none|login|consent|select_account|create)){0,4}$`)
	acrPattern     = regexp.MustCompile(`^[A-Za-z0-9:._/#+ -]{1,200}$`)
	localesPattern = regexp.MustCompile(`^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8}){0,4}( [A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8}){0,4}){0,7}$`)
	agePattern     = regexp.MustCompile(`^[0-9]{1,9}$`)
)

// allowed are the request parameters (OpenID Connect Core §3.1.2.1) that a
// visitor may set by the address, to try the provider's behaviour.
var allowed = []struct {
	name  string
	valid func(string) bool
}{
	{"prompt", promptPattern.MatchString},
	{"max_age", agePattern.MatchString},
	{"acr_values", acrPattern.MatchString},
	{"ui_locales", localesPattern.MatchString},
	{"login_hint", validHint},
}

func validHint(s string) bool {
	return s != "" && len(s) <= 320 && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// login begins the authorization code flow: state, nonce and PKCE, new each time.
func (p *party) login(w http.ResponseWriter, r *http.Request) {
	if other := p.canonical(r); other != "" {
		http.Redirect(w, r, other, http.StatusSeeOther)
		return
	}
	extra, bad := passThrough(r.URL.Query())
	if bad != "" {
		p.fail(w, r, failure{status: http.StatusBadRequest, text: "error_parameter", code: bad})
		return
	}
	m, err := p.found.metadata(r.Context())
	if err != nil {
		p.failUnavailable(w, r, err)
		return
	}
	a := attempt{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), Started: p.cfg.Now().Unix()}
	options := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(a.Verifier),          // RFC 7636 §4.3
		oauth2.SetAuthURLParam("nonce", a.Nonce),        // OpenID Connect Core §3.1.2.1
		oauth2.SetAuthURLParam("ui_locales", p.lang(r)), // overridden below when asked for
	}
	for name, value := range extra {
		options = append(options, oauth2.SetAuthURLParam(name, value))
		if name == "max_age" {
			seconds, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				p.fail(w, r, failure{status: http.StatusBadRequest, text: "error_parameter", code: name})
				return
			}
			a.MaxAge = &seconds
		}
	}
	if err := p.keepAttempt(w, r, a); err != nil {
		p.failInternal(w, r, err)
		return
	}
	http.Redirect(w, r, p.oauth(m).AuthCodeURL(a.State, options...), http.StatusSeeOther)
}

// passThrough picks the allowed parameters; bad names the first that is doubled
// or has a value outside its set. Others are ignored.
func passThrough(query url.Values) (extra map[string]string, bad string) {
	extra = map[string]string{}
	for _, each := range allowed {
		values, present := query[each.name]
		if !present {
			continue
		}
		if len(values) != 1 || !each.valid(values[0]) {
			return nil, each.name
		}
		extra[each.name] = values[0]
	}
	return extra, ""
}
