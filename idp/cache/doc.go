// Package cache keeps in memory what every request needs and rarely changes: the
// relying services, and what was revoked before its time.
//
// It owns freshness: changes made by any instance are seen within a second. It
// never decides anything about what it keeps.
package cache
