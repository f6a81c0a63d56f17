// Package trace makes OpenTelemetry spans of what a request costs: itself, each
// round trip to the database, each password hash, each message that goes out.
//
// It owns what spans are called and say: templates of routes and texts of
// statements, never their arguments, nor anything of a person. A nil Tracer makes
// none and costs nothing.
package trace
