package ui

// Page is one page with what it shows.
type Page interface {
	// Template is the page's name: its file is pages/<name>.html.
	Template() string
}

// Problem is what is wrong with what was typed, and the id of the field where it
// is mended; without one it is about the whole form.
type Problem struct {
	Anchor string
	Text   Text
}

// refusable are pages with a form that may come back refused: the layout lists
// what is wrong above them, each linked to its field (WCAG 2.2 §3.3.1).
type refusable interface{ problems() []Problem }

// problemsOf lists what is wrong on a page, without the absent.
func problemsOf(p Page) []Problem {
	form, ok := p.(refusable)
	if !ok {
		return nil
	}
	var all []Problem
	for _, problem := range form.problems() {
		if !problem.Text.IsZero() {
			all = append(all, problem)
		}
	}
	return all
}

// newPasswordProblems are those of a new password and its repetition.
func newPasswordProblems(problem Text, broken []Text) []Problem {
	anchor := "password"
	if problem.ID == PasswordsDiffer {
		anchor = "password2"
	}
	problems := []Problem{{anchor, problem}}
	for _, text := range broken {
		problems = append(problems, Problem{"password", text})
	}
	return problems
}
