package idp

import "slices"

// Subject is the account that a step is about, read with one statement: the
// account, its personal data, what it allowed to one service, and the browser's
// session when it is of this account.
type Subject struct {
	Account Account
	Profile Profile
	// Consent is what was allowed to the service in question; zero is nothing.
	Consent Consent
	// Session is nil when the browser is not signed in to this account.
	Session *Session
}

// Holds tells whether there is anything yet that a scope would tell a service of
// the person; documents are the current ones.
func (s *Subject) Holds(scope string, documents []Document) bool {
	p := &s.Profile
	switch scope {
	case ScopePhone:
		return p.Phone != ""
	case ScopeEmail:
		return p.Email != ""
	case ScopeAddress:
		return p.Address != ""
	case ScopeSNILS:
		return p.SNILS != ""
	case ScopeINN:
		return p.INN != ""
	case ScopeBirthplace:
		return p.Birthplace != ""
	case ScopeCitizenship:
		return p.Citizenship != ""
	case ScopeIDDoc:
		return slices.ContainsFunc(documents, func(d Document) bool { return d.Type == DocumentPassport })
	}
	return true
}
