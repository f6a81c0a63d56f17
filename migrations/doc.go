// Package migrations holds the schema: numbered SQL files applied in order and
// forward only, the same text for PostgreSQL and SQLite.
//
// It owns no code that runs them; store does.
package migrations

import "embed"

// FS holds the numbered files.
//
//go:embed *.sql
var FS embed.FS
