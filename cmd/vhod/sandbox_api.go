package main

import (
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/identifier"
	"vhod/ui"
)

// mount adds the sandbox's page and API. There is no other way to them: serve
// never comes here.
func (s *sandbox) mount(e *echo.Echo) {
	e.GET("/sandbox", s.page)
	e.POST("/sandbox/clear", s.clearPage)
	e.GET("/sandbox/api/people", s.listPeople)
	e.POST("/sandbox/api/people", s.addPerson)
	e.GET("/sandbox/api/messages", s.listMessages)
	e.DELETE("/sandbox/api/messages", s.clearMessages)
	e.POST("/sandbox/api/clock", s.moveClock)
	e.POST("/sandbox/api/faults", s.setFaults)
}

// refuse answers a request that can mean nothing.
func refuse(c echo.Context, status int, reason string) error {
	return c.JSON(status, map[string]string{"error": "invalid_request", "error_description": reason})
}

// maxRequest bounds a request of the API, in bytes.
const maxRequest = 16 << 10

// decode reads the body strictly; an answer was written when ok is false.
func decode(c echo.Context, value any) (ok bool, err error) {
	r := c.Request()
	if kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || kind != echo.MIMEApplicationJSON {
		return false, refuse(c, http.StatusUnsupportedMediaType, "the body must be application/json")
	}
	err = strictJSON(http.MaxBytesReader(c.Response(), r.Body, maxRequest), value)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return false, refuse(c, http.StatusRequestEntityTooLarge, "the body is too long")
	case err != nil:
		return false, refuse(c, http.StatusBadRequest, err.Error())
	}
	return true, nil
}

func (s *sandbox) listPeople(c echo.Context) error { return c.JSON(http.StatusOK, s.people.list()) }

// personRequest is a synthetic person to be made. What is left out is chosen:
// confirmed, personal, with phone and e-mail, second factor by SMS.
type personRequest struct {
	Level        string `json:"level"`
	Kind         string `json:"kind"`
	Status       string `json:"status"`
	Surname      string `json:"surname"`
	Name         string `json:"name"`
	Patronymic   string `json:"patronymic"`
	BirthDate    string `json:"birth_date"`
	Lang         string `json:"lang"`
	Phone        *bool  `json:"phone"` // false: has none
	Email        *bool  `json:"email"` // false: has none
	SecondFactor *bool  `json:"second_factor"`
	Note         string `json:"note"`
}

// maxNote bounds a note, in bytes.
const maxNote = 400

func (r personRequest) draft(today time.Time) (draft, string) {
	yes := func(b *bool) bool { return b == nil || *b }
	d := draft{
		level: idp.LevelConfirmed, status: idp.StatusActive, surname: "Тестов", name: "Новый", patronymic: "Заказной",
		phone: yes(r.Phone), email: yes(r.Email), note: texts(r.Note, ""),
	}
	d.secondFactor = yes(r.SecondFactor) && d.phone
	var ok bool
	if r.Level != "" {
		if d.level, ok = idp.ParseLevel(r.Level); !ok {
			return d, "level: simplified, standard or confirmed"
		}
	}
	if r.Kind != "" && r.Kind != string(idp.KindPersonal) {
		return d, "kind: personal"
	}
	switch status := idp.AccountStatus(r.Status); status {
	case "":
	case idp.StatusActive, idp.StatusBlocked:
		d.status = status
	default:
		return d, "status: active or blocked"
	}
	switch {
	case !d.phone && !d.email:
		return d, "phone or email: one of them is needed"
	case r.SecondFactor != nil && *r.SecondFactor && !d.phone:
		return d, "second_factor: it needs a phone"
	case r.Lang != "" && r.Lang != "ru" && r.Lang != "en":
		return d, "lang: ru or en"
	case len(r.Note) > maxNote:
		return d, "note: too long"
	}
	d.lang = r.Lang
	if r.Surname != "" || r.Name != "" || r.Patronymic != "" {
		d.surname, d.name, d.patronymic = r.Surname, r.Name, r.Patronymic
		for _, name := range []string{d.surname, d.name} {
			if _, err := identifier.ParseName(name); err != nil {
				return d, "surname, name: letters of one alphabet"
			}
		}
		if _, err := identifier.ParseName(d.patronymic); d.patronymic != "" && err != nil {
			return d, "patronymic: letters of one alphabet"
		}
	}
	if r.BirthDate != "" {
		date, err := time.Parse(time.DateOnly, r.BirthDate)
		if err != nil || date.After(today) || date.Year() < 1900 {
			return d, "birth_date: like 1990-12-31"
		}
		d.birthDate = r.BirthDate
	}
	return d, ""
}

func (s *sandbox) addPerson(c echo.Context) error {
	var r personRequest
	if ok, err := decode(c, &r); !ok {
		return err
	}
	d, problem := r.draft(s.clock.Now())
	if problem != "" {
		return refuse(c, http.StatusUnprocessableEntity, problem)
	}
	one, err := s.people.add(c.Request().Context(), d)
	if errors.Is(err, errTooMany) {
		return refuse(c, http.StatusConflict, err.Error())
	} else if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, one)
}

// page is GET /sandbox.
func (s *sandbox) page(c echo.Context) error {
	messages, err := s.db.Inbox(c.Request().Context(), "", time.Time{}, pageMessages)
	if err != nil {
		return err
	}
	lang := ui.Lang(c.Request().Context())
	page := ui.SandboxInbox{Now: s.clock.Now(), ClearURL: "/sandbox/clear"}
	for _, m := range messages {
		page.Messages = append(page.Messages, ui.SandboxMessage{
			Channel: m.Channel, To: m.To, Subject: m.Subject, Text: m.Text, Code: m.Code, Link: m.Link, SentAt: m.SentAt,
		})
	}
	for _, p := range s.people.list() {
		page.People = append(page.People, ui.SandboxPerson{Login: p.Login, Password: p.Password, Name: p.Name, OID: p.OID, Level: p.Level, Note: p.noteIn(lang)})
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// clearPage is POST /sandbox/clear, from the page's button.
func (s *sandbox) clearPage(c echo.Context) error {
	if err := s.db.ClearInbox(c.Request().Context()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/sandbox")
}
