package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"vhod/ui"
)

// renderer hands typed pages to ui with what every page shows.
type renderer struct{ s *Server }

// Render implements echo.Renderer; data is a ui.Page.
func (r renderer) Render(w io.Writer, name string, data any, c echo.Context) error {
	page, ok := data.(ui.Page)
	if !ok || page.Template() != name {
		return fmt.Errorf("page %q: %T is no page of that name", name, data)
	}
	return r.s.UI.Render(w, ui.View{
		Lang:         ui.Lang(c.Request().Context()),
		RequestID:    c.Response().Header().Get(echo.HeaderXRequestID),
		Path:         c.Request().URL.RequestURI(),
		SignedInName: ui.Name(c.Request().Context()),
		Account:      ui.AccountNumber(c.Request().Context()),
		Sandbox:      r.s.Sandbox,
		Exposed:      r.s.Exposed,
		Issuer:       r.s.Issuer,
	}, page)
}

const (
	langCookie     = "lang"
	langCookieLife = 365 * 24 * 3600 // seconds
)

// language finds the language of a request: ?lang= or ui_locales, which a cookie
// keeps for the pages that follow, then the browser's.
func (s *Server) language(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		wishes := append([]string{c.QueryParam("lang")}, strings.Fields(c.QueryParam("ui_locales"))...)
		chosen := ui.KnownLanguage(wishes...)
		if chosen != "" {
			c.SetCookie(&http.Cookie{Name: langCookie, Value: chosen, Path: "/", MaxAge: langCookieLife, HttpOnly: true, Secure: s.Cookies.Secure, SameSite: http.SameSiteLaxMode})
		} else if cookie, err := c.Cookie(langCookie); err == nil {
			chosen = ui.KnownLanguage(cookie.Value)
		}
		lang := ui.MatchLanguage(chosen, c.Request().Header.Get("Accept-Language"))
		c.Response().Header().Add(echo.HeaderVary, "Accept-Language, Cookie")
		c.SetRequest(c.Request().WithContext(ui.WithLang(c.Request().Context(), lang)))
		return next(c)
	}
}

func isHTTPS(issuer string) bool { return strings.HasPrefix(issuer, "https://") }
