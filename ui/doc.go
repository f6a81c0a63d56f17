// Package ui is what people see: pages, styles, both languages, the texts of
// messages, help.
//
// It owns every sentence. It never decides anything and knows nothing of the
// project beside it; handlers fill typed pages, ui renders them.
package ui
