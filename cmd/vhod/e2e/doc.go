// Package e2e tries the provider as people and services do: the built binary, a
// real browser, unmodified relying-party libraries, on both engines.
//
// It holds tests only, and starts and ends everything that they need.
package e2e
