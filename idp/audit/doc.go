// Package audit makes the lines of the audit journal: who did what to which
// account, through which service, in which request; seals them; and checks that
// nothing of the journal was changed since.
//
// It owns their common fields, how they are encoded and chained, and what an
// anchor says. An event is written by store together with the change that it
// tells of; the Sealer follows within a second. It never changes or drops a line
// but those that are older than the journal is kept.
package audit
