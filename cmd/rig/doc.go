// Package rig starts the provider as a process of its own, on SQLite or on a
// throw-away PostgreSQL, takes the text messages that it sends, and speaks to it
// over HTTP as people's browsers and relying services do. Measurements and fault
// runs are made with it.
//
// It stops only the processes that it started, and writes only below the folders
// that it is given.
package rig
