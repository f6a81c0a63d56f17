package register

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/flow"
	"vhod/idp/guard"
	"vhod/idp/notify"
	"vhod/idp/password"
	"vhod/keys"
	"vhod/store"
	"vhod/ui"
)

// Register serves the pages under /register.
type Register struct {
	DB       *store.DB
	Ring     *keys.Ring
	Hasher   *keys.Hasher
	Flows    *flow.Engine
	Codes    *guard.Codes
	Budgets  *guard.Budgets
	Attempts *guard.Attempts
	Sender   *notify.Sender
	Policy   password.Policy
	// MinimumAge is in years (R-ACC-5).
	MinimumAge int
	Now        idp.Clock
	Issuer     string
	// MX tells whether a domain takes mail: ErrNoMail when it surely does not. nil
	// asks nobody, as where there is no name server; LookupMX asks one.
	MX func(ctx context.Context, domain string) error
}

// purpose is what the codes and tries of registration are for.
const purpose = "register"

// to goes on to a page of the registration with the flow's value.
func (h *Register) to(c echo.Context, v *flow.Visit, step string, extra ...string) error {
	return h.redirect(c, v, "/register/"+step, extra)
}

func (h *Register) redirect(c echo.Context, v *flow.Visit, path string, extra []string) error {
	address, err := h.Flows.URL(c, v, path)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, strings.Join(append([]string{address}, extra...), "&"))
}

// Marks in the address of a page that was come to otherwise than by going on.
const (
	markResumed   = "at=resumed"   // in the browser that began it
	markAnew      = "at=anew"      // there too, but its password is to be chosen anew
	markAgain     = "at=again"     // in another, where nothing typed is shown
	markSent      = "at=sent"      // after another code was sent
	markStill     = "at=still"     // after none was, since the last one is good
	markElsewhere = "at=elsewhere" // it went on in another browser
	markGone      = "at=gone"      // finished, or too old
)

// notice is what such a mark tells.
func notice(c echo.Context) ui.Text {
	switch "at=" + c.QueryParam("at") {
	case markResumed:
		return ui.T(ui.NoticeResumed)
	case markAnew:
		return ui.T(ui.NoticeResumedAnew)
	case markAgain:
		return ui.T(ui.NoticeResumedAgain)
	case markSent:
		return ui.T(ui.NoticeCodeSent)
	case markStill:
		return ui.T(ui.NoticeCodeStill)
	case markElsewhere:
		return ui.T(ui.NoticeElsewhere)
	case markGone:
		return ui.T(ui.NoticeGone)
	default:
		return ui.Text{}
	}
}

// at opens the registration of a request for a step; when it is elsewhere, or
// there is none, the browser is sent there and no registration returned.
func (h *Register) at(c echo.Context, step string) (*flow.Visit, *registration, error) {
	v, err := h.Flows.Open(c)
	if err != nil {
		return nil, nil, err
	}
	if v.OID != 0 {
		// The tab has named an account since, perhaps from the browser's session.
		// Nothing proved here may ever count for that one.
		v.Progress = flow.Progress{Registration: v.Registration}
	}
	r, elsewhere, err := h.current(c, v)
	switch {
	case err != nil:
		return nil, nil, err
	case elsewhere:
		return nil, nil, h.gone(c, v, "/register", markElsewhere)
	case r == nil:
		return nil, nil, h.gone(c, v, "/register", markGone)
	case r.row.Step != step:
		return nil, nil, h.to(c, v, r.row.Step)
	}
	return v, r, nil
}

// moved answers when another tab was first: the registration goes on where that
// one left it, and what it finished is signed in to.
func (h *Register) moved(c echo.Context, v *flow.Visit) error {
	r, elsewhere, err := h.current(c, v)
	if err != nil {
		return err
	}
	if elsewhere {
		return h.gone(c, v, "/register", markElsewhere)
	}
	if r == nil {
		return h.gone(c, v, "/login")
	}
	return h.to(c, v, r.row.Step)
}

// gone leaves a registration that is no more here, keeping the service's request.
func (h *Register) gone(c echo.Context, v *flow.Visit, path string, marks ...string) error {
	v.Progress = flow.Progress{}
	return h.redirect(c, v, path, marks)
}

// bounded is what is shown again of something typed.
func bounded(text string) string {
	const limit = 400 // bytes
	if len(text) > limit {
		text = text[:limit]
	}
	return strings.ToValidUTF8(text, "")
}

func tooOften(r guard.Refusal) ui.Text {
	switch {
	case r.Budget > 2*time.Hour:
		return ui.T(ui.MessageBudgetHours, "Count", up(r.Budget, time.Hour))
	case r.Budget > 0:
		return ui.T(ui.MessageBudget, "Count", up(r.Budget, time.Minute))
	}
	return ui.T(ui.ResendPause, "Count", up(r.Pause, time.Second))
}

// up is how many units a duration takes, begun ones counted.
func up(d, unit time.Duration) int { return max(1, int((d+unit-1)/unit)) }
