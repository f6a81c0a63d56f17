// Package notify tells people: which message, in which language, by which
// channel.
//
// It owns composing and the channels: mail server, SMS gateway, the sandbox's
// inbox. It never decides when: features queue messages with what caused them.
package notify
