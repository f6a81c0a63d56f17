// Package register makes accounts: contact, code, password, name, done.
//
// It owns the registration in progress, a row found again by its contact, so that
// nobody who comes back begins anew. It never says whether a contact has an
// account: who owns one is told so by message.
package register
