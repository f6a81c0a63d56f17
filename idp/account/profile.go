package account

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp/identifier"
	"vhod/ui"
)

// Profile is GET /account/profile.
func (a *Account) Profile(c echo.Context) error {
	s, err := a.signedIn(c, false)
	if s == nil || err != nil {
		return err
	}
	p := &s.Profile
	birth := ui.ProfileRow{Label: "birth_date", Value: p.BirthDate}
	if day, err := time.Parse(time.DateOnly, p.BirthDate); err == nil {
		birth.Value, birth.Day = "", day
	}
	page := ui.AccountProfile{Rows: []ui.ProfileRow{
		{Label: "surname", Value: p.Surname},
		{Label: "name", Value: p.Name},
		{Label: "patronymic", Value: p.Patronymic},
		birth,
		{Label: "phone", Value: shown(p.Phone, identifier.FormatPhone), Verified: p.Phone != "" && !p.PhoneVerifiedAt.IsZero()},
		{Label: "email", Value: p.Email, Verified: p.Email != "" && !p.EmailVerifiedAt.IsZero()},
		{Label: "snils", Value: shown(p.SNILS, identifier.FormatSNILS)},
		{Label: "inn", Value: p.INN},
		{Label: "oid", Value: s.Account.OID.String()},
	}}
	return c.Render(http.StatusOK, page.Template(), page)
}

func shown(value string, format func(string) string) string {
	if value == "" {
		return ""
	}
	return format(value)
}
