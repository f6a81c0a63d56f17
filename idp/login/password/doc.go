// Package password is the sign-in method "password": the page of login and
// password, and its check.
//
// It never says whether an account exists: unknown logins cost the same work and
// read the same.
package password
