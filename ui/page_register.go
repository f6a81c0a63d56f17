package ui

// The pages of registration, in their order.
type (
	// RegisterContact asks for a phone or e-mail and the agreements (/register).
	RegisterContact struct {
		Flow          string
		Service       string
		Contact       Field
		Terms         bool // ticked before the form was refused; never at first
		PersonalData  bool
		ConsentsError Text
		Error         Text // of the whole form: ErrorBusy, MessageBudget
		Notice        Text
		LoginURL      string
		// TermsURL and PersonalDataURL are the texts of the version agreed to; empty
		// for the current ones.
		TermsURL, PersonalDataURL string
	}

	// RegisterLink asks to confirm an address by the e-mailed link (/register/link):
	// only the post spends it, since scanners follow links.
	RegisterLink struct {
		Token string // empty when the link is of no use any more
		Error Text
	}

	// RegisterPassword asks for a password (/register/password).
	RegisterPassword struct {
		Flow   string
		Login  string // kept with the password by the browser
		Notice Text
		Error  Text
		Broken []Text // the rules that the refused password broke
		// Rules are the rules of the policy that are shown; nil for those of the default policy.
		Rules []Text
	}

	// RegisterPerson asks for name and birth date (/register/person).
	RegisterPerson struct {
		Flow       string
		Surname    Field
		Name       Field
		Patronymic Field
		BirthDate  Field
		Error      Text
		Notice     Text
	}
)

// Template implements Page.
func (RegisterContact) Template() string  { return "register_contact" }
func (RegisterLink) Template() string     { return "register_link" }
func (RegisterPassword) Template() string { return "register_password" }
func (RegisterPerson) Template() string   { return "register_person" }

func (p RegisterContact) problems() []Problem {
	return []Problem{{"", p.Error}, {"contact", p.Contact.Error}, {"terms", p.ConsentsError}}
}

func (p RegisterLink) problems() []Problem { return []Problem{{"", p.Error}} }

func (p RegisterPassword) problems() []Problem {
	return newPasswordProblems(p.Error, p.Broken)
}

func (p RegisterPerson) problems() []Problem {
	return []Problem{
		{"", p.Error},
		{"surname", p.Surname.Error}, {"name", p.Name.Error}, {"patronymic", p.Patronymic.Error}, {"birth_date", p.BirthDate.Error},
	}
}
