package account

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"vhod/ui"
)

// ask shows what a change means and the form that makes it. The form posts to the
// address of its page.
func ask(c echo.Context, page ui.AccountConfirm) error {
	page.Action = c.Request().URL.Path
	return c.Render(http.StatusOK, page.Template(), page)
}
