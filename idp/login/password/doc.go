// Package password is the sign-in method "password": proving it, the policy it
// must meet, choosing and changing it.
//
// It owns the form of the stored credential. It never says whether an account
// exists: unknown logins cost the same work and read the same.
package password
