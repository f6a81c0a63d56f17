// Command fault breaks what the provider stands on, the provider itself too, while
// people and services use it, and checks afterwards that what was acknowledged is
// there: nothing lost, nothing double, no family of refresh tokens forked, no row
// without what it belongs to, no answer 500 for what is not a defect, and answers
// as usual again within seconds.
//
// It uses the loopback alone, stops and kills only processes that it started, and
// everything it writes is in a temporary folder.
package main
