package flow

import (
	"time"

	"github.com/google/uuid"

	"vhod/idp"
)

// Flow is a sign-in in progress. It is sealed and carried by the URLs and forms
// of its tab: the request for any browser, the progress for the one that made it.
type Flow struct {
	ID      uuid.UUID `json:"i"`
	BeganAt time.Time `json:"b"`
	Lang    string    `json:"l,omitempty"`
	// Request is what a service asked; nil when the citizen goes to the own account.
	Request *Request `json:"q,omitempty"`
	// Return is the page of the own account to go to, with MaxAge the freshness
	// of the proof that it wants; used without a Request.
	Return string `json:"r,omitempty"`
	// MaxAge is in seconds (OpenID Connect Core §3.1.2.1); nil demands nothing.
	MaxAge *int64 `json:"a,omitempty"`

	Progress `json:"-"`

	// token is the sealed request, which does not change while the flow goes on.
	token string
}

// Request is a service's authorization request, validated by idp/oauth.
type Request struct {
	ClientID        string   `json:"c"`
	RedirectURI     string   `json:"r"`
	ResponseMode    string   `json:"m,omitempty"`
	Scopes          []string `json:"s"`
	State           string   `json:"t,omitempty"`
	Nonce           string   `json:"n,omitempty"`
	Challenge       string   `json:"p,omitempty"`
	ChallengeMethod string   `json:"d,omitempty"`
	Prompt          []string `json:"o,omitempty"`
	ACRValues       []string `json:"v,omitempty"`
	LoginHint       string   `json:"h,omitempty"`
	// HintedOID is the subject of a verified id_token_hint; zero is none.
	HintedOID idp.OID `json:"u,omitempty"`
}

// Progress is what the citizen has done so far in this browser.
type Progress struct {
	OID idp.OID `json:"o,omitempty"`
	// SecurityVersion is that of the account when it was first named here; a
	// newer one voids the progress.
	SecurityVersion int64   `json:"v,omitempty"`
	Proofs          []Proof `json:"p,omitempty"`
	// AccountChosen answers prompt=select_account; Consented answers the consent
	// page.
	AccountChosen bool `json:"a,omitempty"`
	// OtherAccount tells that the browser's session is not the account meant.
	OtherAccount bool `json:"e,omitempty"`
	Consented    bool `json:"c,omitempty"`
	// CodeID is the code last sent to the person in this flow.
	CodeID uuid.UUID `json:"i,omitzero"`
	CodeAt time.Time `json:"t,omitzero"`
	// Registration is the registration in progress.
	Registration uuid.UUID `json:"r,omitzero"`
}

// Prove adds a proof of a method; a later one of the same method replaces.
func (p *Progress) Prove(m Method, at time.Time) {
	kept := p.Proofs[:0:0]
	for _, old := range p.Proofs {
		if old.Method != m.Name {
			kept = append(kept, old)
		}
	}
	p.Proofs = append(kept, Proof{Method: m.Name, Factor: m.Factor, AMR: m.AMR, First: m.First, At: at})
}

// Name ties the progress to an account and drops what was proved for another.
func (p *Progress) Name(a idp.Account) {
	if p.OID != a.OID || p.SecurityVersion != a.SecurityVersion {
		p.Proofs = nil
		p.Consented = false
	}
	p.OID, p.SecurityVersion = a.OID, a.SecurityVersion
}
