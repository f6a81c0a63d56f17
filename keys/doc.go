// Package keys owns every secret of the provider: the key-encryption key, the
// ring of signing, sealing, MAC and index keys with their rotation, the JWKS,
// data keys of accounts, and the hashing of passwords.
//
// It declares the Storage it needs and keeps nothing there unsealed. A key's
// state (next, active, retired, expired) follows from its times alone, so that
// any number of instances on one storage agree without talking to each other.
//
// It never speaks HTTP or SQL, never knows accounts, clients or scopes, never
// decides what a token says, and never writes key material or a password to a
// log or an error.
package keys
