// Package token makes and reads what the provider hands to services: codes,
// access tokens, ID tokens, refresh tokens.
//
// It is the one issuer: every grant goes through it, so that claims are put in
// one place. It never decides whether something may be issued.
package token
