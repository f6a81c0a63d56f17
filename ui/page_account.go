package ui

import "time"

// The pages of the own account.
type (
	// Account is its start page (/account).
	Account struct {
		Person       string
		Level        string
		SecondFactor bool
		Phone        bool // a verified one, without which there is no second factor
		Sessions     int
		Services     int
		Notice       Text
	}

	// AccountProfile shows the personal data (/account/profile).
	AccountProfile struct {
		Rows []ProfileRow
	}

	// ProfileRow is one fact.
	ProfileRow struct {
		Label    string // the end of its text's id: "field." + Label
		Value    string // empty when it is not given
		Verified bool
		Day      time.Time // given instead of Value
	}

	// AccountSessions lists where the account is signed in (/account/sessions); posts
	// session to /account/sessions/end, or nothing to /account/sessions/end-all or end-others.
	AccountSessions struct {
		Sessions []AccountSession
		Notice   Text
	}

	// AccountSession is one browser.
	AccountSession struct {
		ID      string
		Device  string
		IP      string
		Started time.Time
		Seen    time.Time
		Current bool
		Browser string // may be empty
	}

	// AccountServices lists what was allowed to services (/account/services); posts
	// service to /account/services/withdraw.
	AccountServices struct {
		Services []AccountService
		Notice   Text
	}

	// AccountService is one service with what it may read.
	AccountService struct {
		ID     string
		Name   string
		Scopes []string
		Since  time.Time
	}

	// AccountSecurity shows the second factor and leads to the password
	// (/account/security); posts second_factor=sms to /account/second-factor,
	// and leads there to be asked about off.
	AccountSecurity struct {
		SecondFactor bool
		Masked       string // the verified phone; empty when there is none
		Compulsory   bool   // by the level of the account
		Notice       Text
	}

	// AccountConfirm tells what a change means and asks once more. It is the GET of
	// the address that it posts to.
	AccountConfirm struct {
		Change string // the end of its texts' ids: "confirm." + Change
		Name   string // what the change is about: a phone, a device, a service; may be empty
		Action string
		Fields []FormField
		Back   string
	}

	// AccountPassword asks for a new password (/account/password); the fresh proof is
	// taken before it.
	AccountPassword struct {
		Login  string
		Error  Text
		Broken []Text
		Rules  []Text // as of RegisterPassword
		Notice Text
	}
)

// Template implements Page.
func (Account) Template() string         { return "account" }
func (AccountProfile) Template() string  { return "account_profile" }
func (AccountSessions) Template() string { return "account_sessions" }
func (AccountServices) Template() string { return "account_services" }
func (AccountSecurity) Template() string { return "account_security" }
func (AccountConfirm) Template() string  { return "account_confirm" }
func (AccountPassword) Template() string { return "account_password" }

func (p AccountPassword) problems() []Problem {
	return newPasswordProblems(p.Error, p.Broken)
}
