package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"vhod/idp/flow"
	"vhod/ui"
)

// Account shows the choice and takes its answer.
type Account struct {
	Flows *flow.Engine
}

// Show is GET /login/account.
func (h *Account) Show(c echo.Context) error {
	v, _, err := h.Flows.At(c, flow.StepAccount)
	if v == nil {
		return err
	}
	return h.page(c, v)
}

// Submit is POST /login/account.
func (h *Account) Submit(c echo.Context) error {
	v, _, err := h.Flows.At(c, flow.StepAccount)
	if v == nil {
		return err
	}
	if v.Unseen {
		return h.page(c, v)
	}
	switch c.FormValue("decision") {
	case "continue":
		v.AccountChosen = true
		return h.Flows.Proceed(c, v)
	case "other":
		return h.Flows.Another(c, v)
	default:
		return h.page(c, v)
	}
}

func (h *Account) page(c echo.Context, v *flow.Visit) error {
	token, err := h.Flows.Token(c, v)
	if err != nil {
		return err
	}
	page := ui.SelectAccount{Flow: token, Person: v.Subject.Profile.FullName(), Service: v.ServiceName(ui.Lang(c.Request().Context()))}
	return c.Render(http.StatusOK, page.Template(), page)
}
