package identifier

import "errors"

// What can be wrong with what was typed.
var (
	// ErrEmpty: nothing but spaces and invisible characters.
	ErrEmpty = errors.New("identifier: empty")
	// ErrTooLong: longer than anything of its kind.
	ErrTooLong = errors.New("identifier: too long")
	// ErrText: control characters, or bytes that are not UTF-8.
	ErrText = errors.New("identifier: characters that are not allowed")

	ErrPhone      = errors.New("identifier: no phone number")
	ErrEmail      = errors.New("identifier: no e-mail address")
	ErrDisposable = errors.New("identifier: a disposable e-mail address")
	ErrRole       = errors.New("identifier: the mailbox of a role, not of a person")
	ErrSNILS      = errors.New("identifier: no СНИЛС")
	ErrINN        = errors.New("identifier: no ИНН")
	ErrName       = errors.New("identifier: a name has letters of one alphabet, hyphen, apostrophe and space")
	ErrMixed      = errors.New("identifier: a name in letters of two alphabets")
	ErrDateFormat = errors.New("identifier: no date")
	ErrNoDay      = errors.New("identifier: a day that no calendar has")
	ErrDateFuture = errors.New("identifier: a date that is still to come")
	ErrTooOld     = errors.New("identifier: a date that no living person was born on")
	ErrTooYoung   = errors.New("identifier: too young")
)
