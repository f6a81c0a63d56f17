// Package password says what a password must be and how it is kept: the policy,
// the form of the credential, former passwords.
//
// It owns no page: login/password proves one, register and account choose one.
package password
