package register

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/idp/password"
	"vhod/store"
	"vhod/ui"
)

// ShowPassword is GET /register/password.
func (h *Register) ShowPassword(c echo.Context) error {
	v, r, err := h.at(c, stepPassword)
	if r == nil {
		return err
	}
	return h.passwordPage(c, v, r, http.StatusOK, ui.RegisterPassword{Notice: notice(c)})
}

// SubmitPassword is POST /register/password.
func (h *Register) SubmitPassword(c echo.Context) error {
	v, r, err := h.at(c, stepPassword)
	if r == nil {
		return err
	}
	typed := c.FormValue("password")
	refuse := func(page ui.RegisterPassword) error {
		return h.passwordPage(c, v, r, http.StatusUnprocessableEntity, page)
	}
	switch {
	case typed == "":
		return refuse(ui.RegisterPassword{Error: ui.T(ui.PasswordEmpty)})
	case typed != c.FormValue("password2"):
		return refuse(ui.RegisterPassword{Error: ui.T(ui.PasswordsDiffer)})
	}
	if broken := h.Policy.Check(typed, words(&r.data)...); len(broken) > 0 {
		return refuse(ui.RegisterPassword{Broken: h.Policy.Texts(broken)})
	}
	ctx := c.Request().Context()
	credential, err := password.New(ctx, h.Hasher, typed, h.Now())
	if err != nil {
		return err
	}
	r.data.Credential = &credential
	if err := h.move(ctx, r, stepPerson); errors.Is(err, store.ErrStale) {
		return h.moved(c, v)
	} else if err != nil {
		return err
	}
	v.Prove(flow.Password, h.Now())
	return h.to(c, v, stepPerson)
}

// words are what is known of the person so far, of which no password is made.
func words(d *draft) []string {
	if d.Kind == idp.IdentifierEmail {
		local, _, _ := strings.Cut(d.Contact, "@")
		return []string{local}
	}
	digits := strings.TrimPrefix(d.Contact, "+")
	return []string{digits, strings.TrimPrefix(digits, "7")}
}

func (h *Register) passwordPage(c echo.Context, v *flow.Visit, r *registration, status int, page ui.RegisterPassword) error {
	var err error
	if page.Flow, err = h.Flows.Token(c, v); err != nil {
		return err
	}
	page.Login = r.data.Typed
	return c.Render(status, page.Template(), page)
}
