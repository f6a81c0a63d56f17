// Package store keeps everything durable, by one SQL text on two engines:
// PostgreSQL (pgx) and SQLite (embedded).
//
// It owns every SQL statement, transactions carried in the context, batches of
// one round trip, migrations, and the meaning of the engines' errors. A change
// of state is one conditional statement; a batch that must not go on without
// its condition requires it (see Batch). Times are BIGINT microseconds, no
// column is NULL, placeholders are $n in order.
//
// It never decides what a row means to a person, never opens sealed data, never
// retries silently, and lets nothing else know which engine runs.
package store
