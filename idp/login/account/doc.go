// Package account is the page that asks which account to go on with, when a
// service asks for the choice (prompt=select_account).
//
// It owns no proof: a session already gave it, or the other account has to.
package account
