package flow

// StepKind names a step of a flow.
type StepKind string

// The steps.
const (
	StepLogin   StepKind = "login"   // name the account and prove it
	StepAccount StepKind = "account" // choose among accounts
	StepSMS     StepKind = "sms"     // second factor by SMS code
	StepLevel   StepKind = "level"   // the service wants more than the account has
	StepConsent StepKind = "consent"
	StepDone    StepKind = "done"
	StepRefuse  StepKind = "refuse" // answer the service with Step.Error
)

// What a service wants and the account lacks.
const (
	LacksLevel        = "level"
	LacksSecondFactor = "second_factor"
)

// Step is what must happen next.
type Step struct {
	Kind  StepKind
	Error string // the OAuth error of StepRefuse
	Lacks string // the reason of StepLevel
}

var stepPaths = map[StepKind]string{
	StepLogin:   "/login",
	StepAccount: "/login/account",
	StepSMS:     "/login/sms",
	StepLevel:   "/login/level",
	StepConsent: "/consent",
}

// Path is the page of the step; empty for done and refuse.
func (k StepKind) Path() string { return stepPaths[k] }

func refuse(code string) Step { return Step{Kind: StepRefuse, Error: code} }

// silentErrors is what prompt=none answers instead of showing a page
// (OpenID Connect Core §3.1.2.6).
var silentErrors = map[StepKind]string{
	StepLogin:   "login_required",
	StepAccount: "account_selection_required",
	StepSMS:     "interaction_required",
	StepLevel:   "interaction_required",
	StepConsent: "consent_required",
}
