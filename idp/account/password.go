package account

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/password"
	"vhod/store"
	"vhod/ui"
)

// Password is GET /account/password.
func (a *Account) Password(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	return a.passwordPage(c, s, http.StatusOK, ui.Text{}, nil)
}

// SetPassword is POST /account/password. Every other session ends, and the owner
// is told on every contact.
func (a *Account) SetPassword(c echo.Context) error {
	s, err := a.signedIn(c, true)
	if s == nil || err != nil {
		return err
	}
	ctx, typed := c.Request().Context(), c.FormValue("password")
	switch {
	case typed == "":
		return a.passwordPage(c, s, http.StatusUnprocessableEntity, ui.T(ui.PasswordEmpty), nil)
	case typed != c.FormValue("password2"):
		return a.passwordPage(c, s, http.StatusUnprocessableEntity, ui.T(ui.PasswordsDiffer), nil)
	}
	if broken := a.Policy.Check(typed, words(&s.Profile)...); len(broken) > 0 {
		return a.passwordPage(c, s, http.StatusUnprocessableEntity, ui.Text{}, a.Policy.Texts(broken))
	}
	credential, former, err := password.Changed(ctx, a.DB, a.Hasher, s, typed, a.Now())
	if err != nil {
		return err
	}
	if former {
		return a.passwordPage(c, s, http.StatusUnprocessableEntity, ui.Text{}, []ui.Text{ui.T(ui.PasswordFormer)})
	}
	event, err := audit.New(c, a.Now(), idp.EventPasswordChanged, s.Account.OID, "", nil)
	if err != nil {
		return err
	}
	told, err := a.Sender.QueueOwner(s.Profile, ui.Lang(ctx), "password_changed")
	if err != nil {
		return err
	}
	keep := uuid.UUID(s.Session.ID)
	writes := append([]store.Write{s.SignedIn(keep, a.Now()), s.SetCredential(credential), event}, told...)
	err = a.DB.Secure(ctx, s, &keep, a.Now(), writes...)
	if errors.Is(err, store.ErrStale) {
		return a.signIn(c, true) // secured meanwhile: this session has ended
	}
	if err != nil {
		return err
	}
	return done(c, "/account/security", "password")
}

func (a *Account) passwordPage(c echo.Context, s *store.Subject, status int, problem ui.Text, broken []ui.Text) error {
	login := s.Profile.Phone
	if login == "" {
		login = s.Profile.Email
	}
	page := ui.AccountPassword{Login: login, Error: problem, Broken: broken, Notice: notice(c)}
	return c.Render(status, page.Template(), page)
}

// words are the person's own data, of which no password is made.
func words(p *idp.Profile) []string {
	all := []string{p.Surname, p.Name, p.Patronymic, strings.ReplaceAll(p.BirthDate, "-", ""), strings.TrimPrefix(p.Phone, "+7"), p.SNILS, p.INN}
	if len(p.BirthDate) == len("2006-01-02") {
		all = append(all, p.BirthDate[:4], p.BirthDate[8:]+p.BirthDate[5:7]+p.BirthDate[:4])
	}
	local, _, _ := strings.Cut(p.Email, "@")
	return append(all, local)
}
