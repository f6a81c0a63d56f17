// Package audit makes the lines of the audit journal: who did what to which
// account, through which service, in which request.
//
// It owns their common fields. It never writes by itself: store keeps an event
// together with the change that it tells of.
package audit
