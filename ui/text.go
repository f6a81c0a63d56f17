package ui

// Text is a sentence to be shown, in whatever language the page is: handlers
// hold its id, never its words. The zero Text is none.
type Text struct {
	ID   string
	Args map[string]any
}

// T is a text with arguments, given as name, value, name, value.
func T(id string, args ...any) Text {
	t := Text{ID: id}
	for i := 0; i+1 < len(args); i += 2 {
		if t.Args == nil {
			t.Args = map[string]any{}
		}
		t.Args[args[i].(string)] = args[i+1] //nolint:forcetypeassert // names are literals
	}
	return t
}

// IsZero tells that there is nothing to show.
func (t Text) IsZero() bool { return t.ID == "" }

// Field is what was typed into a field and what is wrong with it.
type Field struct {
	Value string
	Error Text
}

// The texts that handlers choose among follow; what a text needs stands beside
// it. A Count (int) also chooses the plural.

// Signing in.
const (
	LoginWrong          = "error.login_wrong" // the same for logins that nobody has
	LoginEmpty          = "error.login_empty"
	ConfirmWrong        = "error.confirm_wrong" // of the signed-in person, who is asked for the password alone
	LoginPasswordEmpty  = "error.login_password_empty"
	LoginNetwork        = "error.login_network"   // too many wrong passwords from there; Count: minutes
	LoginBlocked        = "error.login_blocked"   // Count: minutes
	LoginAccountBlocked = "error.account_blocked" // by an operator or the owner
	ErrorBusy           = "error.busy"            // the password cannot be checked now: try again
	FlowRestarted       = "notice.flow_restarted"
	SessionLapsed       = "notice.session_lapsed" // nothing was done for long
)

// Codes and links.
const (
	TitleCodeLogin    = "code.title_login"
	TitleCodeRegister = "code.title_register"

	CodeEmpty     = "error.code_empty"
	CodeMalformed = "error.code_malformed" // costs no try
	CodeWrong     = "error.code_wrong"     // Count: tries left
	CodeExpired   = "error.code_expired"
	CodeTries     = "error.code_tries"     // none left: a new code is needed
	CodeBlocked   = "error.code_blocked"   // Count: minutes
	ResendPause   = "error.resend_pause"   // Count: seconds
	MessageBudget = "error.message_budget" // Count: minutes
	LinkInvalid   = "error.link_invalid"   // the e-mailed link is used or too old

	CodeExpiredWait    = "error.code_expired_wait"    // another comes later; Count: seconds
	CodeTriesWait      = "error.code_tries_wait"      // none left, and another comes later; Count: seconds
	CodeBlockedLink    = "error.code_blocked_link"    // the e-mail has a link too; Count: minutes
	MessageBudgetHours = "error.message_budget_hours" // Count: hours
)

// Registration: contact and agreements.
const (
	ContactEmpty    = "error.contact_empty"
	ContactInvalid  = "error.contact_invalid"
	PhoneInvalid    = "error.phone_invalid"
	PhoneLandline   = "error.phone_landline" // no SMS gets there
	EmailInvalid    = "error.email_invalid"
	EmailDisposable = "error.email_disposable"
	EmailRole       = "error.email_role"
	EmailDomain     = "error.email_domain"
	ConsentsMissing = "error.consents_missing"
	RegisterTaken   = "error.register_taken"
)

// Registration: the person.
const (
	SurnameEmpty     = "error.surname_empty"
	NameEmpty        = "error.name_empty"
	NameInvalid      = "error.name_invalid"
	NameTooLong      = "error.name_too_long" // Length
	BirthDateEmpty   = "error.birth_date_empty"
	BirthDateInvalid = "error.birth_date_invalid"
	BirthDateFuture  = "error.birth_date_future"
	TooYoung         = "error.too_young" // Age

	SurnameInvalid    = "error.surname_invalid"
	SurnameTooLong    = "error.surname_too_long" // Length
	PatronymicInvalid = "error.patronymic_invalid"
	PatronymicTooLong = "error.patronymic_too_long" // Length
	BirthDateNone     = "error.birth_date_none"     // no calendar has the day
	BirthDateOld      = "error.birth_date_old"      // nobody is that old
	SurnameMixed      = "error.surname_mixed"       // letters of two alphabets
	NameMixed         = "error.name_mixed"
	PatronymicMixed   = "error.patronymic_mixed"
)

// A new password. Those with a number, and the four kinds of characters, also
// stand for the rules themselves (RegisterPassword.Rules).
const (
	PasswordEmpty     = "error.password_empty"
	PasswordsDiffer   = "error.passwords_differ"
	PasswordTooShort  = "error.password_too_short" // Length
	PasswordTooLong   = "error.password_too_long"  // Length
	PasswordNoUpper   = "error.password_no_upper"
	PasswordNoLower   = "error.password_no_lower"
	PasswordNoDigit   = "error.password_no_digit"
	PasswordNoSpecial = "error.password_no_special"
	PasswordRun       = "error.password_run"
	PasswordCommon    = "error.password_common"
	PasswordPersonal  = "error.password_personal"
	PasswordFormer    = "error.password_former"
)

// What was done.
const (
	NoticePassword     = "notice.password"
	NoticePasswordLost = "notice.password_lost" // typed too late: to be typed again
	NoticeSecondFactor = "notice.second_factor"
	NoticeWithdrawn    = "notice.withdrawn"
	NoticeSessionEnded = "notice.session_ended"
	NoticeOthersEnded  = "notice.sessions_others"
	NoticeSignedOut    = "notice.signed_out"
	NoticeSignedOutAll = "notice.signed_out_all" // on every device
	NoticeRegistered   = "notice.registered"
	NoticeResumed      = "notice.resumed"            // registration goes on where it stopped
	NoticeResumedAnew  = "notice.resumed_anew"       // the same, but the password is chosen anew
	NoticeResumedAgain = "notice.resumed_again"      // begun in another browser, whose entries are not shown
	NoticeElsewhere    = "notice.register_elsewhere" // it went on in another browser
	NoticeGone         = "notice.register_gone"      // it is finished or too old
	NoticeOtherAccount = "notice.other_account"
	NoticeCodeSent     = "notice.code_sent"
	NoticeCodeStill    = "notice.code_still" // the last one is good, no other was sent
)

// What is wrong with a service's request; each names the parameter in the field's
// own word, by which developers find it.
const (
	ErrorRedirectURI   = "error.redirect_uri"   // the address to return to is not registered
	ErrorClientUnknown = "error.client_unknown" // the service is not registered or disabled
	ErrorRequest       = "error.request"        // the service's request cannot be answered
)
