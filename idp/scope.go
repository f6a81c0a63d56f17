package idp

import "slices"

// The scopes a service may ask for.
const (
	ScopeOpenID        = "openid"
	ScopeProfile       = "profile"
	ScopeEmail         = "email"
	ScopePhone         = "phone"
	ScopeAddress       = "address"
	ScopeOfflineAccess = "offline_access"
	ScopeSNILS         = "snils"
	ScopeINN           = "inn"
	ScopeIDDoc         = "id_doc"
	ScopeBirthplace    = "birthplace"
	ScopeCitizenship   = "citizenship"
	ScopeLevel         = "level"
)

// Scopes lists every scope in the order in which pages show them.
func Scopes() []string {
	return []string{
		ScopeOpenID, ScopeProfile, ScopePhone, ScopeEmail, ScopeAddress, ScopeSNILS, ScopeINN,
		ScopeIDDoc, ScopeBirthplace, ScopeCitizenship, ScopeLevel, ScopeOfflineAccess,
	}
}

// KnownScope tells whether the provider has such a scope.
func KnownScope(s string) bool { return slices.Contains(Scopes(), s) }
