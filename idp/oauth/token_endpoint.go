package oauth

import (
	"errors"
	"mime"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
	"github.com/ory/fosite"
)

const tokenPath = "/oauth2/token"

// grantTypes are those of the token endpoint.
var grantTypes = []string{"authorization_code", "refresh_token", "client_credentials"}

// Token is POST /oauth2/token (RFC 6749 §3.2).
func (p *Provider) Token(c echo.Context) error {
	noStore(c)
	request, response, err := p.token(c)
	p.count(c, request, err)
	if err != nil {
		return p.oauthError(c, err)
	}
	return c.JSON(http.StatusOK, response.ToMap())
}

func (p *Provider) token(c echo.Context) (fosite.AccessRequester, fosite.AccessResponder, error) {
	if err := p.form(c); err != nil {
		return nil, nil, err
	}
	// fosite answers invalid_request to a grant that nobody handles.
	if grant := c.Request().PostForm.Get("grant_type"); grant != "" && !slices.Contains(grantTypes, grant) {
		return nil, nil, fosite.ErrUnsupportedGrantType
	}
	ctx := withRequestID(c)
	request, err := p.fosite.NewAccessRequest(ctx, c.Request(), &grantSession{})
	if err != nil {
		return request, nil, err
	}
	response, err := p.fosite.NewAccessResponse(ctx, request)
	return request, response, err
}

// count tells how a request ended; request is nil of one that could not be read.
func (p *Provider) count(c echo.Context, request fosite.AccessRequester, err error) {
	if p.Issued == nil {
		return
	}
	grant, clientID, outcome := c.Request().PostForm.Get("grant_type"), "", "issued"
	if !slices.Contains(grantTypes, grant) {
		grant = "unknown"
	}
	if request != nil && request.GetClient() != nil {
		clientID = request.GetClient().GetID()
	}
	var refused *fosite.RFC6749Error
	if errors.As(err, &refused) {
		outcome = refused.ErrorField
	} else if err != nil {
		outcome = "failed"
	}
	p.Issued(grant, clientID, outcome)
}

// form reads the body of a request of a service: a form, nothing twice, nothing
// too long, no credentials in the query (RFC 6749 §2.3.1).
func (p *Provider) form(c echo.Context) error {
	r := c.Request()
	if r.URL.RawQuery != "" && (r.URL.Query().Has("client_secret") || r.URL.Query().Has("client_assertion")) {
		return fosite.ErrInvalidRequest.WithHint("credentials are not sent in the query")
	}
	// Only this type: what fosite reads of a multipart body would go unchecked.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != echo.MIMEApplicationForm {
		return fosite.ErrInvalidRequest.WithHint("the body is not of the type " + echo.MIMEApplicationForm) // RFC 6749 §3.2
	}
	if err := r.ParseForm(); err != nil {
		return fosite.ErrInvalidRequest.WithHint("the body is no form")
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return fosite.ErrInvalidRequest.WithHint("a parameter is given more than once") // RFC 6749 §3.2
		}
		if len(values[0]) > maxQuery {
			return fosite.ErrInvalidRequest.WithHint("a parameter is too long")
		}
	}
	return nil
}

// noStore keeps answers with tokens out of every cache (RFC 6749 §5.1).
func noStore(c echo.Context) {
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("Pragma", "no-cache")
}
