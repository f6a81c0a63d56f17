// Package level is the page that tells a citizen that a service wants more than
// the account has, what is missing, and the way back.
//
// It raises no level: the ways to confirm do.
package level
