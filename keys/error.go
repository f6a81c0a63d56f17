package keys

import "errors"

var (
	// ErrSealed is the one answer to a sealed value that cannot be opened:
	// malformed, altered, sealed for something else or under a key that is gone.
	// It is one error on purpose, so that nobody learns which.
	ErrSealed = errors.New("keys: the sealed value cannot be opened")

	// ErrToken says that a signed token is not one of ours: malformed, too long,
	// of an algorithm that was not asked for, under an unknown key, or altered.
	ErrToken = errors.New("keys: the token is not valid")

	// ErrUnknownKey says that no usable key answers to the name or version asked for.
	ErrUnknownKey = errors.New("keys: unknown key")

	// ErrLookups says that too many values under unknown keys wait for the storage
	// at once; nothing is known about this one.
	ErrLookups = errors.New("keys: too many unknown keys are being looked up")

	// ErrKeyInUse refuses to expire a key that is active or about to be.
	ErrKeyInUse = errors.New("keys: the key is in use")

	// ErrPasswordTooLong refuses a password above MaxPassword bytes before any work.
	ErrPasswordTooLong = errors.New("keys: the password is too long")

	// ErrPHC says that a stored password hash is malformed or asks for more
	// memory or time than the hasher grants.
	ErrPHC = errors.New("keys: the stored password hash is not acceptable")
)
