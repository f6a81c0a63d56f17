package idp

import "time"

// CredentialKind names a method that keeps something for an account; it equals
// the method's folder and URL.
type CredentialKind string

// The kinds of credential.
const (
	CredentialPassword CredentialKind = "password"
)

// Credential is what a sign-in method keeps for an account; Data is sealed at
// rest and only the method knows its form.
type Credential struct {
	ID        [16]byte
	Kind      CredentialKind
	Name      string
	Data      []byte
	Counter   int64
	CreatedAt time.Time
	UsedAt    time.Time
}

// IdentifierKind names what an account can be found by.
type IdentifierKind string

// The kinds of identifier.
const (
	IdentifierPhone    IdentifierKind = "phone"
	IdentifierEmail    IdentifierKind = "email"
	IdentifierSNILS    IdentifierKind = "snils"
	IdentifierINN      IdentifierKind = "inn"
	IdentifierPassport IdentifierKind = "passport"
)
