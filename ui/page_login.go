package ui

import "time"

// The pages of signing in. Flow is the sealed flow of the tab, carried by forms.
type (
	// Home is the start page (/).
	Home struct {
		Person string // who is signed in; empty when nobody is
		Notice Text
	}

	// LoginPassword asks for login and password (/login).
	LoginPassword struct {
		Flow    string
		Service string // where the citizen goes on to; empty for the own account
		Login   string
		Error   Text
		Notice  Text
		// LoginError and PasswordError are of one field.
		LoginError, PasswordError Text
		// RegisterURL leads to registration within the flow; empty when it makes no sense.
		RegisterURL string
		// ReturnURL leads back to the service without signing in; may be empty.
		ReturnURL string
		// BlockedFor is how long the password is refused whatever is typed; 0 when it is not.
		BlockedFor   time.Duration
		BlockedUntil time.Time
		// Confirm asks the signed-in Person again before a change (sudo): Login is not typed.
		Confirm bool
		Person  string
	}

	// Code asks for a code that was sent (/login/sms, /register/code, …).
	Code struct {
		Flow   string
		Action string // where both forms post to
		Title  Text   // TitleCodeLogin, TitleCodeRegister
		// Masked is where the code went, hidden but for its ends.
		Masked  string
		Email   bool // the code went by e-mail, not by SMS
		Service string
		Field   Field
		Notice  Text
		// TriesLeft is shown when above 0.
		TriesLeft int
		// ResendIn is how long until the code may be sent again.
		ResendIn time.Duration
		// BlockedFor is how long codes are refused whatever is typed; 0 when they are not.
		BlockedFor   time.Duration
		BlockedUntil time.Time
		// Unsent tells that no code that could be entered here was sent.
		Unsent bool
		// Delivery is "queued", "delayed", "sent", "delivered" or "failed"; empty when not known.
		Delivery string
		// ChangeURL leads back to the choice of contact; empty when it is fixed.
		ChangeURL string
		// Other tells that another account may be meant.
		Other bool
		// Ways are other ways on, offered to who cannot get the code.
		Ways []Way
		// Step is the step of registration, 0 outside it.
		Step int
	}

	// Way is another way on.
	Way struct {
		URL  string
		Text Text
	}

	// SelectAccount asks which account to go on with (/login/account).
	SelectAccount struct {
		Flow    string
		Service string
		Person  string
	}

	// LevelRequired tells that a service wants more than the account has (/login/level).
	LevelRequired struct {
		Flow     string
		Service  string
		Lacks    string // "level", "second_factor"
		Required string // a level
		Current  string // a level
	}
)

// Template implements Page.
func (Home) Template() string          { return "home" }
func (LoginPassword) Template() string { return "login_password" }
func (Code) Template() string          { return "code" }
func (SelectAccount) Template() string { return "login_account" }
func (LevelRequired) Template() string { return "login_level" }

func (p LoginPassword) problems() []Problem {
	return []Problem{{"", p.Error}, {"login", p.LoginError}, {"password", p.PasswordError}}
}

func (p Code) problems() []Problem { return []Problem{{"code", p.Field.Error}} }
