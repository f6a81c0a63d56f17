package ui

import "time"

type (
	// SandboxInbox shows the messages and people of the sandbox (/sandbox).
	SandboxInbox struct {
		Messages []SandboxMessage // newest first
		People   []SandboxPerson
		Now      time.Time // by the provider's clock
		// ClearURL is where the button that empties the inbox posts to; without it
		// there is none.
		ClearURL string
	}

	// SandboxMessage is a message that was kept instead of sent.
	SandboxMessage struct {
		Channel, To, Subject, Text, Code, Link string
		SentAt                                 time.Time
	}

	// SandboxPerson is a synthetic citizen.
	SandboxPerson struct{ Login, Password, Name, OID, Level, Note string }
)

// Template implements Page.
func (SandboxInbox) Template() string { return "sandbox" }
