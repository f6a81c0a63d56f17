// Package idp holds the nouns of the identity provider and the laws that bind
// them: people, credentials, sessions, services, consents, grants, levels.
//
// It owns values and pure rules. It never reads a clock, a database, a network
// or a secret, and imports the standard library only.
package idp
