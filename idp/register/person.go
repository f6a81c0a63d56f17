package register

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/idp/identifier"
	"vhod/store"
	"vhod/ui"
)

// ShowPerson is GET /register/person.
func (h *Register) ShowPerson(c echo.Context) error {
	v, r, err := h.at(c, stepPerson)
	if r == nil {
		return err
	}
	page := ui.RegisterPerson{
		Surname: ui.Field{Value: r.data.Surname}, Name: ui.Field{Value: r.data.Name},
		Patronymic: ui.Field{Value: r.data.Patronymic}, BirthDate: ui.Field{Value: r.data.BirthDate},
		Notice: notice(c),
	}
	return h.personPage(c, v, http.StatusOK, page)
}

// SubmitPerson is POST /register/person: the account is made, and the flow goes on
// as signed in.
func (h *Register) SubmitPerson(c echo.Context) error {
	v, r, err := h.at(c, stepPerson)
	if r == nil {
		return err
	}
	page := ui.RegisterPerson{
		Surname: ui.Field{Value: bounded(c.FormValue("surname"))}, Name: ui.Field{Value: bounded(c.FormValue("name"))},
		Patronymic: ui.Field{Value: bounded(c.FormValue("patronymic"))}, BirthDate: ui.Field{Value: bounded(c.FormValue("birth_date"))},
	}
	profile, ok := h.parsePerson(&page)
	if ok {
		return h.create(c, v, r, profile)
	}
	// What was typed is kept though it is refused: abandoning loses nothing.
	r.data.Surname, r.data.Name, r.data.Patronymic, r.data.BirthDate = page.Surname.Value, page.Name.Value, page.Patronymic.Value, page.BirthDate.Value
	if err := h.move(c.Request().Context(), r, stepPerson); errors.Is(err, store.ErrStale) {
		return h.moved(c, v)
	} else if err != nil {
		return err
	}
	return h.personPage(c, v, http.StatusUnprocessableEntity, page)
}

// parsePerson reads the form and puts what is wrong beside each field.
func (h *Register) parsePerson(page *ui.RegisterPerson) (p idp.Profile, ok bool) {
	p.Surname = parseName(&page.Surname, nameTexts{ui.SurnameEmpty, ui.SurnameInvalid, ui.SurnameMixed, ui.SurnameTooLong})
	p.Name = parseName(&page.Name, nameTexts{ui.NameEmpty, ui.NameInvalid, ui.NameMixed, ui.NameTooLong})
	p.Patronymic = parseName(&page.Patronymic, nameTexts{"", ui.PatronymicInvalid, ui.PatronymicMixed, ui.PatronymicTooLong})
	p.BirthDate = h.parseBirthDate(&page.BirthDate)
	for _, field := range []ui.Field{page.Surname, page.Name, page.Patronymic, page.BirthDate} {
		if !field.Error.IsZero() {
			return idp.Profile{}, false
		}
	}
	return p, true
}

// maxName is the longest part of a name, in characters (identifier.ParseName).
const maxName = 100

// nameTexts are what is said of a part of a name; empty is "" where it may be missing.
type nameTexts struct{ empty, invalid, mixed, tooLong string }

func parseName(f *ui.Field, texts nameTexts) string {
	value, err := identifier.ParseName(f.Value)
	switch {
	case errors.Is(err, identifier.ErrEmpty) && texts.empty == "":
		return ""
	case errors.Is(err, identifier.ErrEmpty):
		f.Error = ui.T(texts.empty)
	case errors.Is(err, identifier.ErrTooLong):
		f.Error = ui.T(texts.tooLong, "Length", maxName)
	case errors.Is(err, identifier.ErrMixed):
		f.Error = ui.T(texts.mixed)
	case err != nil:
		f.Error = ui.T(texts.invalid)
	}
	return value
}

func (h *Register) parseBirthDate(f *ui.Field) string {
	born, err := identifier.ParseBirthDate(f.Value, h.Now(), h.MinimumAge)
	switch {
	case errors.Is(err, identifier.ErrEmpty):
		f.Error = ui.T(ui.BirthDateEmpty)
	case errors.Is(err, identifier.ErrTooYoung):
		f.Error = ui.T(ui.TooYoung, "Age", h.MinimumAge)
	case errors.Is(err, identifier.ErrNoDay):
		f.Error = ui.T(ui.BirthDateNone)
	case errors.Is(err, identifier.ErrDateFuture):
		f.Error = ui.T(ui.BirthDateFuture)
	case errors.Is(err, identifier.ErrTooOld):
		f.Error = ui.T(ui.BirthDateOld)
	case err != nil:
		f.Error = ui.T(ui.BirthDateInvalid)
	}
	return born
}

func (h *Register) personPage(c echo.Context, v *flow.Visit, status int, page ui.RegisterPerson) error {
	var err error
	if page.Flow, err = h.Flows.Token(c, v); err != nil {
		return err
	}
	return c.Render(status, page.Template(), page)
}
