package oauth

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/ory/fosite"

	"vhod/idp/oauth/token"
)

// oauthError answers a service with an error of RFC 6749 §5.2. What is not one
// goes on to the server, which knows 503 from 500.
func (p *Provider) oauthError(c echo.Context, err error) error {
	var e *fosite.RFC6749Error
	if !errors.As(err, &e) {
		return err
	}
	status := e.CodeField
	if errors.Is(err, fosite.ErrInvalidClient) {
		// RFC 6749 §5.2: 401 with the scheme that was used.
		status = http.StatusUnauthorized
		c.Response().Header().Set("WWW-Authenticate", `Basic realm="`+p.Issuer+`"`)
	}
	body := map[string]string{"error": e.ErrorField}
	if e.HintField != "" {
		body["error_description"] = e.HintField
	}
	return c.JSON(status, body)
}

// bearerError refuses an access token (RFC 6750 §3).
func (p *Provider) bearerError(c echo.Context, status int, code, description string) error {
	challenge := `Bearer realm="` + p.Issuer + `"`
	if code == "" {
		c.Response().Header().Set("WWW-Authenticate", challenge) // RFC 6750 §3.1: no error without a token
		return c.NoContent(status)
	}
	c.Response().Header().Set("WWW-Authenticate", challenge+`, error="`+code+`", error_description="`+description+`"`)
	return c.JSON(status, map[string]string{"error": code, "error_description": description})
}

func isTokenError(err error) bool { return errors.Is(err, token.ErrToken) }
