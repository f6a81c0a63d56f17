// Command bench measures the provider as a black box: it starts bin/vhod serve as
// a process of its own on SQLite and on a throw-away PostgreSQL, fills it with
// synthetic people, drives it over HTTP in a closed loop, and reads what that cost
// from the operating system's accounting and from the database's own counters.
//
// It never estimates: what cannot be read is left out. It stops only the processes
// that it started, and everything it writes is in a temporary folder.
package main
