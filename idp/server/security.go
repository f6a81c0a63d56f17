package server

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// contentSecurityPolicy lets a page load nothing but the provider's own files.
// The exceptions are those of pages that say so with c.Set.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'FORM; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// FormActionKey names the value under which a handler puts the origin that its
// page may post to, beside the provider: response_mode=form_post.
const FormActionKey = "csp.form_action"

// securityHeaders are set on every answer; the policy at the moment of writing,
// so that a handler can have widened it.
func (s *Server) securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	https := strings.HasPrefix(s.Issuer, "https://")
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // no-referrer would make Origin null
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("X-Frame-Options", "DENY")
		if https {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		if s.stopping.Load() {
			h.Set("Connection", "close") // the next request on it would be cut off
		}
		c.Response().Before(func() {
			formAction := ""
			if origin, ok := c.Get(FormActionKey).(string); ok && origin != "" {
				formAction = " " + origin
			}
			h.Set("Content-Security-Policy", strings.Replace(contentSecurityPolicy, "FORM", formAction, 1))
			if h.Get("Cache-Control") == "" {
				h.Set("Cache-Control", "no-store")
			}
		})
		return next(c)
	}
}

// crossOriginPosts are where the specifications let services, or pages of theirs,
// post to; none of them acts for the signed-in citizen without a page of ours.
var crossOriginPosts = []string{
	"/oauth2/authorize", // OpenID Connect Core §3.1.2.1
	"/oauth2/token", "/oauth2/userinfo", "/oauth2/introspect", "/oauth2/revoke",
	"/oauth2/logout", // OpenID Connect RP-Initiated Logout 1.0 §2
}

// crossOrigin refuses posts from other sites (CSRF).
func crossOrigin() echo.MiddlewareFunc {
	guard := http.NewCrossOriginProtection()
	for _, path := range crossOriginPosts {
		guard.AddInsecureBypassPattern("POST " + path)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := guard.Check(c.Request()); err != nil {
				return echo.NewHTTPError(http.StatusForbidden, "cross-origin request").SetInternal(err)
			}
			return next(c)
		}
	}
}

// maxBody bounds what is read of a request.
const maxBody = 64 << 10

func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxBody)
		return next(c)
	}
}
