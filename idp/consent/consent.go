package consent

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/idp/flow"
	"vhod/store"
	"vhod/ui"
)

// Consent shows the page and takes its answer.
type Consent struct {
	DB    *store.DB
	Flows *flow.Engine
	Now   idp.Clock
}

// Show is GET /consent.
func (h *Consent) Show(c echo.Context) error {
	v, _, err := h.Flows.At(c, flow.StepConsent)
	if v == nil {
		return err
	}
	return h.page(c, v)
}

// Submit is POST /consent.
func (h *Consent) Submit(c echo.Context) error {
	v, _, err := h.Flows.At(c, flow.StepConsent)
	if v == nil {
		return err
	}
	if v.Unseen {
		return h.page(c, v)
	}
	switch c.FormValue("decision") {
	case "allow":
		v.Consented = true
		return h.Flows.Proceed(c, v)
	case "other":
		return h.Flows.Another(c, v)
	case "deny":
		event, err := audit.New(c, h.Now(), idp.EventConsentDenied, v.OID, v.ClientID(), nil)
		if err != nil {
			return err
		}
		return h.Flows.Refuse(c, v, "access_denied", "the citizen refused", event)
	default:
		return h.page(c, v)
	}
}

func (h *Consent) page(c echo.Context, v *flow.Visit) error {
	token, err := h.Flows.Token(c, v)
	if err != nil {
		return err
	}
	var documents []idp.Document
	if slices.Contains(v.Request.Scopes, idp.ScopeIDDoc) {
		if documents, err = h.DB.Documents(c.Request().Context(), v.Subject); err != nil {
			return err
		}
	}
	lang := ui.Lang(c.Request().Context())
	page := ui.Consent{
		Flow: token, Service: v.Client.NameIn(lang), Description: v.Client.DescriptionIn(lang),
		Person: v.Subject.Profile.FullName(), PolicyURL: v.Client.PolicyURI, TermsURL: v.Client.TermsURI,
	}
	for _, scope := range idp.Scopes() {
		if scope == idp.ScopeOpenID || !slices.Contains(v.Request.Scopes, scope) {
			continue
		}
		page.Scopes = append(page.Scopes, ui.ConsentScope{
			Name: scope, Reason: v.Client.Reason(scope, lang), Granted: slices.Contains(v.Subject.Consent.Scopes, scope),
			Lacking: !v.Subject.Holds(scope, documents),
		})
	}
	return c.Render(http.StatusOK, page.Template(), page)
}
