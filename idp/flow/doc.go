// Package flow carries one thing in progress: a citizen on the way from a
// request to its answer, step by step, in one tab of one browser.
//
// It owns the sealed flow value, the pure function Next that alone decides the
// next step, and the finish that records the session. It never checks a proof:
// the login methods do, and report with Proved. It never speaks OAuth: what a
// finished flow answers to a service is written by idp/oauth.
package flow
