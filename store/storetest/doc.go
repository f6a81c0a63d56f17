// Package storetest opens stores for tests: every body runs on SQLite in a
// temporary file and on PostgreSQL in a schema of its own, both migrated.
//
// PostgreSQL is the server that VHOD_TEST_POSTGRES names ("postgres://…", a role
// that may create schemas); without it that half is skipped, and fails where
// CI=true. It never starts a server and never touches other schemas.
package storetest
