package session

import (
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/store"
)

// SignOut ends the browser's session, and makes void what was proved in its tabs.
func (k Cookies) SignOut(c echo.Context, db *store.DB, now time.Time) error {
	if ref := k.Session(c); ref != nil {
		ctx := c.Request().Context()
		subject, err := db.SubjectBySession(ctx, *ref, "")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			event, err := audit.New(c, now, idp.EventSessionEnded, subject.Account.OID, "", nil)
			if err != nil {
				return err
			}
			if err := db.SignOut(ctx, *ref, k.Browser(c), now, event); err != nil {
				return err
			}
		}
	}
	k.ClearSession(c)
	k.RotateBrowser(c)
	return nil
}
