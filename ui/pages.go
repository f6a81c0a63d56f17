package ui

import "time"

// The pages. Flow is the sealed flow of the tab, carried by its forms.
type (
	// Home is the start page.
	Home struct{ Person string }

	// LoginPassword asks for login and password.
	LoginPassword struct {
		Flow    string
		Service string // where the citizen goes on to; empty for the own account
		Login   string
		Error   Text
		Notice  Text
		// RegisterURL leads to registration within the flow.
		RegisterURL string
	}

	// Code asks for a code that was sent.
	Code struct {
		Flow   string
		Action string // where the form posts to
		Title  Text
		// Masked is where the code went, hidden but for its ends.
		Masked string
		Field  Field
		Notice Text
		// ResendIn is how long until the code may be sent again.
		ResendIn time.Duration
		// Delivery is "queued", "sent" or "failed"; empty when not known.
		Delivery string
		// ChangeURL leads back to the choice of contact; empty when it is fixed.
		ChangeURL string
		Email     bool
	}

	// RegisterContact asks for a phone or e-mail and the agreements.
	RegisterContact struct {
		Flow          string
		Service       string
		Contact       Field
		Terms         bool
		PersonalData  bool
		ConsentsError Text
		LoginURL      string
	}

	// RegisterLink asks to confirm an address by the e-mailed link: only the post
	// spends it, since scanners follow links.
	RegisterLink struct {
		Token string
		Error Text
	}

	// RegisterPassword asks for a password.
	RegisterPassword struct {
		Flow   string
		Login  string
		Notice Text
		Error  Text
		Broken []Text
	}

	// RegisterPerson asks for name and birth date.
	RegisterPerson struct {
		Flow       string
		Surname    Field
		Name       Field
		Patronymic Field
		BirthDate  Field
		Error      Text
	}

	// Consent asks what a service may read.
	Consent struct {
		Flow        string
		Service     string
		Description string
		Person      string
		Scopes      []ConsentScope
		PolicyURL   string
		TermsURL    string
	}

	// SelectAccount asks which account to go on with.
	SelectAccount struct {
		Flow    string
		Service string
		Person  string
	}

	// LevelRequired tells that a service wants more than the account has.
	LevelRequired struct {
		Flow     string
		Service  string
		Lacks    string // "level", "second_factor"
		Required string
		Current  string
	}

	// Finish goes on to a service after a form post.
	Finish struct {
		URL     string
		Service string
	}

	// FormPost posts the answer to a service (response_mode=form_post).
	FormPost struct {
		Action  string
		Service string
		Fields  []FormField
	}

	// Logout asks whether to sign out.
	Logout struct {
		Service string
		Fields  []FormField // what the post repeats of the request
	}

	// LoggedOut tells that the browser is signed out.
	LoggedOut struct{}

	// Account is the start page of the own account.
	Account struct {
		Person       string
		Level        string
		SecondFactor bool
		Sessions     int
		Services     int
		Notice       Text
	}

	// AccountProfile shows the personal data.
	AccountProfile struct {
		Rows []ProfileRow
	}

	// AccountSessions lists where the account is signed in.
	AccountSessions struct {
		Sessions []AccountSession
		Notice   Text
	}

	// AccountServices lists what was allowed to services.
	AccountServices struct {
		Services []AccountService
		Notice   Text
	}

	// AccountSecurity shows the second factor and leads to the password.
	AccountSecurity struct {
		SecondFactor bool
		Masked       string // the verified phone; empty when there is none
		Compulsory   bool   // by the level of the account
		Notice       Text
	}

	// AccountPassword asks for a new password.
	AccountPassword struct {
		Login  string
		Error  Text
		Broken []Text
	}

	// Error tells what happened and what to do next.
	Error struct {
		Status int
		Number string
		// What is a text of its own; zero for the text of the status.
		What       Text
		RetryAfter time.Duration
		BackURL    string
		BackName   string
	}

	// Help is a help or legal page.
	Help struct{ HelpText }

	// SandboxInbox shows the messages and people of the sandbox.
	SandboxInbox struct {
		Messages []SandboxMessage
		People   []SandboxPerson
		Now      time.Time
	}
)

// The parts of pages.
type (
	// ConsentScope is one thing that a service asks for.
	ConsentScope struct {
		Name    string
		Reason  string
		Granted bool
	}
	// FormField is a hidden field.
	FormField struct{ Name, Value string }
	// ProfileRow is one fact; Label is the end of its text's id.
	ProfileRow struct {
		Label    string
		Value    string
		Verified bool
	}
	// AccountSession is one browser.
	AccountSession struct {
		ID      string
		Device  string
		IP      string
		Started time.Time
		Seen    time.Time
		Current bool
	}
	// AccountService is one service with what it may read.
	AccountService struct {
		ID     string
		Name   string
		Scopes []string
		Since  time.Time
	}
	// SandboxMessage is a message that was kept instead of sent.
	SandboxMessage struct {
		Channel, To, Subject, Text, Code, Link string
		SentAt                                 time.Time
	}
	// SandboxPerson is a synthetic citizen.
	SandboxPerson struct{ Login, Password, Name, OID, Level, Note string }
)

// Template implements Page for each page.
func (Home) Template() string             { return "home" }
func (LoginPassword) Template() string    { return "login_password" }
func (Code) Template() string             { return "code" }
func (RegisterContact) Template() string  { return "register_contact" }
func (RegisterLink) Template() string     { return "register_link" }
func (RegisterPassword) Template() string { return "register_password" }
func (RegisterPerson) Template() string   { return "register_person" }
func (Consent) Template() string          { return "consent" }
func (SelectAccount) Template() string    { return "login_account" }
func (LevelRequired) Template() string    { return "login_level" }
func (Finish) Template() string           { return "finish" }
func (FormPost) Template() string         { return "form_post" }
func (Logout) Template() string           { return "logout" }
func (LoggedOut) Template() string        { return "logged_out" }
func (Account) Template() string          { return "account" }
func (AccountProfile) Template() string   { return "account_profile" }
func (AccountSessions) Template() string  { return "account_sessions" }
func (AccountServices) Template() string  { return "account_services" }
func (AccountSecurity) Template() string  { return "account_security" }
func (AccountPassword) Template() string  { return "account_password" }
func (Error) Template() string            { return "error" }
func (Help) Template() string             { return "help" }
func (SandboxInbox) Template() string     { return "sandbox" }
