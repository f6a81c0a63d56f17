package register

import (
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/store"
	"vhod/ui"
)

// maxLink bounds the token of a link, in bytes.
const maxLink = 128

// ShowLink is GET /register/link: nothing is spent, since scanners follow links.
func (h *Register) ShowLink(c echo.Context) error {
	page := ui.RegisterLink{Token: c.QueryParam("token")}
	if page.Token == "" || len(page.Token) > maxLink {
		page = ui.RegisterLink{Error: ui.T(ui.LinkInvalid)}
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// SubmitLink is POST /register/link: the address is proved, in whatever browser,
// and the registration goes on with the request that it began with.
func (h *Register) SubmitLink(c echo.Context) error {
	ctx := c.Request().Context()
	invalid := func() error {
		page := ui.RegisterLink{Error: ui.T(ui.LinkInvalid)}
		return c.Render(http.StatusUnprocessableEntity, page.Template(), page)
	}
	token := c.FormValue("token")
	if len(token) > maxLink {
		return invalid()
	}
	contact, err := h.Codes.SpendLink(ctx, purpose, token)
	if errors.Is(err, store.ErrNotFound) {
		return invalid()
	}
	if err != nil {
		return err
	}
	row, err := h.DB.RegistrationOf(ctx, contact, "", h.Now())
	if errors.Is(err, store.ErrNotFound) {
		return invalid()
	}
	if err != nil {
		return err
	}
	r, err := h.open(row)
	if err != nil {
		return err
	}
	if r.data.Existing {
		return invalid()
	}
	v, err := h.Flows.Reopen(c, r.data.Flow)
	if err != nil {
		return err
	}
	v.Registration, v.CodeID = r.row.ID, uuid.Nil
	if r.row.Step != stepCode {
		return h.to(c, v, r.row.Step)
	}
	return h.proved(c, v, r)
}
