// Package identifier reads what people type to be found or reached by: phones,
// e-mail addresses, СНИЛС, ИНН, names, birth dates.
//
// It owns parsing, normal forms and masks: reading a normal form gives itself.
// It never asks the network or the store whether anything exists.
package identifier
