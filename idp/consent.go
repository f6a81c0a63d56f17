package idp

import (
	"slices"
	"time"
)

// Consent is what a citizen let one service read, remembered until withdrawn.
type Consent struct {
	ClientID  string
	Scopes    []string
	GrantedAt time.Time
	UpdatedAt time.Time
}

// Covers tells whether every scope asked for was already allowed.
func (c Consent) Covers(scopes []string) bool {
	for _, s := range scopes {
		if !slices.Contains(c.Scopes, s) {
			return false
		}
	}
	return true
}

// AgreementKind names a text a citizen accepts.
type AgreementKind string

// The texts accepted at registration.
const (
	AgreementTerms        AgreementKind = "terms"
	AgreementPersonalData AgreementKind = "personal_data"
)

// Agreement is one accepted version of a text.
type Agreement struct {
	Kind       AgreementKind
	Version    string
	AcceptedAt time.Time
}

// AgreementVersions are the versions in force.
func AgreementVersions() map[AgreementKind]string {
	return map[AgreementKind]string{AgreementTerms: "2026-11", AgreementPersonalData: "2026-11"}
}
