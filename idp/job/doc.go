// Package job runs the outbox: what has to be done outside the database, written
// with what caused it, done at least once.
//
// It owns leases, back-off, dead letters and how many jobs go to one neighbour at
// a time. It never knows what a job does: the handler of its kind does.
package job
