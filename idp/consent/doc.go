// Package consent asks the citizen what a service may read.
//
// It owns the page and its answer. It never issues anything: the flow does when
// Next finds nothing more to ask.
package consent
