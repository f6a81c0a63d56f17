package register

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"vhod/idp/flow"
	"vhod/idp/password"
	"vhod/ui"
)

// ShowPassword is GET /register/password.
func (h *Register) ShowPassword(c echo.Context) error {
	v, r, err := h.at(c, stepPassword)
	if r == nil {
		return err
	}
	return h.passwordPage(c, v, r, http.StatusOK, ui.RegisterPassword{Notice: resumedNotice(c)})
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
	local, _, _ := strings.Cut(r.data.Contact, "@")
	if broken := h.Policy.Check(typed, local, strings.TrimPrefix(r.data.Contact, "+7")); len(broken) > 0 {
		return refuse(ui.RegisterPassword{Broken: h.Policy.Texts(broken)})
	}
	ctx := c.Request().Context()
	credential, err := password.New(ctx, h.Hasher, typed, h.Now())
	if err != nil {
		return err
	}
	r.data.Credential = &credential
	if err := h.move(ctx, r, stepPerson); err != nil {
		return h.moved(c, v, err)
	}
	v.Prove(flow.Password, h.Now())
	return h.to(c, v, stepPerson)
}

func (h *Register) passwordPage(c echo.Context, v *flow.Visit, r *registration, status int, page ui.RegisterPassword) error {
	token, err := h.Flows.Token(c, v)
	if err != nil {
		return err
	}
	page.Flow, page.Login = token, r.data.Typed
	return c.Render(status, page.Template(), page)
}

func resumedNotice(c echo.Context) ui.Text {
	if c.QueryParam("resumed") == "1" {
		return ui.T(ui.NoticeResumed)
	}
	return ui.Text{}
}
