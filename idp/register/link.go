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
	token := c.QueryParam("token")
	if token == "" || len(token) > maxLink {
		return linkInvalid(c)
	}
	page := ui.RegisterLink{Token: token}
	return c.Render(http.StatusOK, page.Template(), page)
}

// SubmitLink is POST /register/link: the address is proved, in whatever browser,
// and the registration goes on there with the request that it began with.
//
// Whoever typed the address need not be who opened the link. The registration
// therefore gets a new id, and the tab that it began in does not come along.
func (h *Register) SubmitLink(c echo.Context) error {
	ctx, token := c.Request().Context(), c.FormValue("token")
	if len(token) > maxLink {
		return linkInvalid(c)
	}
	contact, err := h.Codes.SpendLink(ctx, purpose, token)
	if errors.Is(err, store.ErrNotFound) {
		return linkInvalid(c)
	}
	if err != nil {
		return err
	}
	row, err := h.DB.NewestRegistration(ctx, contact, h.Now())
	if errors.Is(err, store.ErrNotFound) {
		return linkInvalid(c)
	}
	if err != nil {
		return err
	}
	r, err := h.open(row)
	if err != nil {
		return err
	}
	v, err := h.reopen(c, r.data.Flow)
	if err != nil {
		return err
	}
	return h.proved(c, v, r, uuid.New(), h.Attempts.Clear(purpose, r.subject()))
}

func linkInvalid(c echo.Context) error {
	page := ui.RegisterLink{Error: ui.T(ui.LinkInvalid)}
	return c.Render(http.StatusUnprocessableEntity, page.Template(), page)
}
