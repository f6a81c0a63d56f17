package level

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"vhod/idp/flow"
	"vhod/ui"
)

// Level shows what is missing and takes the citizen back.
type Level struct {
	Flows *flow.Engine
}

// Show is GET /login/level.
func (h *Level) Show(c echo.Context) error {
	v, step, err := h.Flows.At(c, flow.StepLevel)
	if v == nil {
		return err
	}
	token, err := h.Flows.Token(c, v)
	if err != nil {
		return err
	}
	page := ui.LevelRequired{
		Flow: token, Service: v.ServiceName(ui.Lang(c.Request().Context())), Lacks: step.Lacks,
		Required: v.Client.MinLevel.String(), Current: v.Subject.Account.Level.String(),
	}
	return c.Render(http.StatusOK, page.Template(), page)
}

// Submit is POST /login/level: back to the service, which is told why.
func (h *Level) Submit(c echo.Context) error {
	v, step, err := h.Flows.At(c, flow.StepLevel)
	if v == nil {
		return err
	}
	description := "the account has not the level that the service requires"
	if step.Lacks == flow.LacksSecondFactor {
		description = "the account has no second factor, which the service requires"
	}
	return h.Flows.Refuse(c, v, "access_denied", description)
}
