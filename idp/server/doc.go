// Package server puts the provider together and speaks HTTP: the list of
// features and their routes, the middleware, the one place where errors become
// answers, health, and the loops that run beside requests.
//
// It owns no feature: what a route does is in the package that features.go names.
package server
