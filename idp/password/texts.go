package password

import "vhod/ui"

var brokenTexts = map[Broken]string{
	NoUpper: ui.PasswordNoUpper, NoLower: ui.PasswordNoLower, NoDigit: ui.PasswordNoDigit, NoSpecial: ui.PasswordNoSpecial,
	Run: ui.PasswordRun, Common: ui.PasswordCommon, Personal: ui.PasswordPersonal,
}

// Texts tells a person which rules a password breaks.
func (p Policy) Texts(broken []Broken) []ui.Text {
	var all []ui.Text
	for _, rule := range broken {
		switch rule {
		case TooShort:
			all = append(all, ui.T(ui.PasswordTooShort, "Length", p.MinLength))
		case TooLong:
			all = append(all, ui.T(ui.PasswordTooLong, "Length", p.MaxLength))
		default:
			all = append(all, ui.T(brokenTexts[rule]))
		}
	}
	return all
}
