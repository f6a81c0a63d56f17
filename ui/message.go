package ui

import (
	"fmt"
	"strings"
)

// Message is an SMS or e-mail in the language of its reader.
type Message struct {
	Subject string // empty for SMS
	Text    string
}

// The messages. Those with _sms are short and have no subject; those with a code
// end with the line that binds it to the domain.
const (
	MessageRegisterSMS   = "register_code_sms"       // Code, Host
	MessageRegisterEmail = "register_code_email"     // Code, Link (valid for 24 hours)
	MessageExistingSMS   = "register_existing_sms"   // Host
	MessageExistingEmail = "register_existing_email" // Link
	MessageLoginSMS      = "login_code_sms"          // Code, Host
	MessagePasswordSMS   = "password_changed_sms"    // Host
	MessagePasswordEmail = "password_changed_email"  // Link
	MessageBlockedSMS    = "account_blocked_sms"     // Host; after too many wrong passwords
	MessageBlockedEmail  = "account_blocked_email"   // Link; likewise

	MessageSecondOnSMS    = "second_factor_on_sms"    // Host
	MessageSecondOnEmail  = "second_factor_on_email"  // Link
	MessageSecondOffSMS   = "second_factor_off_sms"   // Host
	MessageSecondOffEmail = "second_factor_off_email" // Link
)

// Message renders a message by its name. A missing argument is an error.
func (u *UI) Message(lang, name string, args map[string]any) (Message, error) {
	t := u.texts[lang]
	if t == nil {
		return Message{}, fmt.Errorf("ui: no language %q", lang)
	}
	text, err := t.get("message."+name+".text", args)
	if err != nil {
		return Message{}, err
	}
	m := Message{Text: text}
	if !strings.HasSuffix(name, "_sms") {
		m.Subject, err = t.get("message."+name+".subject", args)
	}
	return m, err
}
