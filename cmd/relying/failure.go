package relying

import (
	"errors"
	"net/http"

	"golang.org/x/oauth2"
)

// failure is a page that says what went wrong and what to do next.
type failure struct {
	status      int
	text        string // key of the sentence for the person
	code        string // the provider's error code, or the parameter's name
	description string // the provider's own words, shown as such
}

// explained are the error codes that have a sentence of their own:
// RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6.
var explained = map[string]bool{
	"access_denied": true, "login_required": true, "interaction_required": true, "consent_required": true,
	"account_selection_required": true, "temporarily_unavailable": true, "server_error": true,
}

func (p *party) fail(w http.ResponseWriter, r *http.Request, f failure) {
	p.cfg.Log.InfoContext(r.Context(), "refused", "service", p.name, "reason", f.text, "status", f.status)
	p.page(w, r, f.status, "error", struct{ Text, Code, Description, Retry string }{
		f.text, cut(f.code, 100), cut(f.description, 500), "/" + p.name + "/login",
	})
}

// failAnswer shows an authorization error response.
func (p *party) failAnswer(w http.ResponseWriter, r *http.Request, code, description string) {
	f := failure{status: http.StatusBadRequest, text: "error_answer", code: code, description: description}
	if explained[code] {
		f.text = "error_" + code
	}
	if code == "access_denied" {
		f.status = http.StatusForbidden
	}
	p.fail(w, r, f)
}

func (p *party) failUnavailable(w http.ResponseWriter, r *http.Request, err error) {
	p.cfg.Log.WarnContext(r.Context(), "provider unavailable", "service", p.name, "error", cut(err.Error(), 300))
	w.Header().Set("Retry-After", "5")
	p.fail(w, r, failure{status: http.StatusServiceUnavailable, text: "error_unavailable"})
}

// failToken shows a refusal of the token endpoint; without one it was not reached.
func (p *party) failToken(w http.ResponseWriter, r *http.Request, err error) {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		p.failUnavailable(w, r, err)
		return
	}
	p.cfg.Log.WarnContext(r.Context(), "token endpoint refused", "service", p.name, "code", cut(answer.ErrorCode, 100))
	p.fail(w, r, failure{
		status: http.StatusBadGateway, text: "error_token", code: answer.ErrorCode, description: answer.ErrorDescription,
	})
}

// failProof is for answers that were received but not believed. The reason is
// for the log: it helps the service's developer, not the person.
func (p *party) failProof(w http.ResponseWriter, r *http.Request, err error) {
	p.cfg.Log.WarnContext(r.Context(), "answer not accepted", "service", p.name, "error", cut(err.Error(), 300))
	p.fail(w, r, failure{status: http.StatusBadGateway, text: "error_proof"})
}

func (p *party) failInternal(w http.ResponseWriter, r *http.Request, err error) {
	p.cfg.Log.ErrorContext(r.Context(), "internal", "service", p.name, "error", cut(err.Error(), 300))
	p.fail(w, r, failure{status: http.StatusInternalServerError, text: "error_internal"})
}

func refused(err error) string {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		return answer.ErrorCode
	}
	return ""
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	seen := 0
	for i := range s {
		if seen == n {
			return s[:i] + "…"
		}
		seen++
	}
	return s
}
