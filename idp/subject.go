package idp

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
