package password

import (
	"cmp"
	"context"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/store"
	"vhod/ui"
)

// open reads the flow of a post. Before a change of the own account it is read
// with the account, which is asked for the password alone.
func (l *Login) open(c echo.Context) (*flow.Visit, error) {
	v, err := l.Flows.Open(c)
	if err != nil {
		return nil, err
	}
	if v.Request != nil || v.MaxAge == nil {
		return v, nil
	}
	v, _, err = l.Flows.At(c, flow.StepLogin)
	return v, err
}

// confirms tells whether a signed-in person is asked again before a change:
// nothing but the age of the session's proof is in the way.
func (l *Login) confirms(v *flow.Visit) bool {
	if v.Request != nil || v.MaxAge == nil || v.Subject == nil {
		return false
	}
	ageless := *v.Flow
	ageless.MaxAge = nil
	return flow.Next(&ageless, nil, &v.Subject.Subject, l.Now()).Kind == flow.StepDone
}

// whose is the account that a password is checked for, with the subject under
// which tries are counted.
func (l *Login) whose(ctx context.Context, v *flow.Visit, login string) (idp.OID, store.AttemptSubject, error) {
	if l.confirms(v) {
		return v.OID, l.Attempts.Account(v.OID), nil
	}
	return l.find(ctx, login)
}

// ownLogin is a login of an account, for the browser's keeper of passwords.
func ownLogin(s *store.Subject) string {
	return cmp.Or(s.Profile.Phone, s.Profile.Email, s.Profile.SNILS, s.Account.OID.String())
}

// confirming makes the page of login and password one that asks its subject for
// the password alone.
func confirming(c echo.Context, v *flow.Visit, page ui.LoginPassword) ui.LoginPassword {
	page.Confirm, page.Person, page.Login, page.RegisterURL = true, v.Subject.Profile.FullName(), ownLogin(v.Subject), ""
	if page.Error.ID == ui.LoginWrong {
		page.Error = ui.T(ui.ConfirmWrong)
	}
	c.SetRequest(c.Request().WithContext(ui.WithName(c.Request().Context(), page.Person)))
	return page
}
