// Package ui is what people see: pages, styles, both languages, the texts of
// messages, help.
//
// It owns every sentence. It never decides anything and knows nothing of the
// project beside it; handlers fill typed pages, ui renders them. Text ids are in
// text.go, names of messages in message.go; style.scss says how static/style.css
// is compiled.
package ui
