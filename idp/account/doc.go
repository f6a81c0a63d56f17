// Package account is the citizen's own pages: data, sessions, services, second
// factor, password.
//
// It owns what a signed-in person may see and change of the own account. It asks
// for no proof itself: a page that changes something begins a flow when the last
// proof is not fresh, and is come back to.
package account
