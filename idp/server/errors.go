package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"vhod/idp/guard"
	"vhod/keys"
	"vhod/store"
	"vhod/ui"
)

// errorKey names the value under which the detail of an error waits for the log.
const errorKey = "error"

// errOverload: more is in hand than can be.
var errOverload = errors.New("too many requests are in hand")

// overloadRetry is what those are given who came into an overload.
const overloadRetry = time.Second

// retryAfter is what a failing database is given to come back.
const retryAfter = 5 * time.Second

// renderError is the one place where an error becomes an answer: a page for
// people, JSON for programs, with the number that is in the log.
func (s *Server) renderError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	c.Set(errorKey, err)
	status, wait := classify(err)
	if wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	number := c.Response().Header().Get(echo.HeaderXRequestID)
	if c.Request().Method == http.MethodHead {
		err = c.NoContent(status)
	} else if wantsPage(c) {
		page := ui.Error{Status: status, Number: number, RetryAfter: wait}
		err = c.Render(status, page.Template(), page)
	} else {
		err = c.JSON(status, map[string]string{"error": oauthError(status), "request_id": number})
	}
	if err != nil {
		s.Log.LogAttrs(c.Request().Context(), slog.LevelError, "error page", slog.String("id", number), slog.String("error", err.Error()))
	}
}

// classify finds the status of an error, and when to try again.
func classify(err error) (status int, wait time.Duration) {
	var busy *keys.BusyError
	var limit *guard.LimitError
	var http4xx *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &busy):
		return http.StatusServiceUnavailable, busy.RetryAfter
	case errors.As(err, &limit):
		return http.StatusTooManyRequests, limit.RetryAfter
	case errors.Is(err, errOverload):
		return http.StatusServiceUnavailable, overloadRetry
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, 0
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, retryAfter
	case errors.As(err, &http4xx):
		return http4xx.Code, 0
	default:
		return http.StatusInternalServerError, 0
	}
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// wantsPage tells people from programs.
func wantsPage(c echo.Context) bool {
	path := c.Request().URL.Path
	if strings.HasPrefix(path, "/sandbox/api/") || strings.HasPrefix(path, "/.well-known/") {
		return false
	}
	return strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "text/html")
}

// oauthError is the code that RFC 6749 §4.1.2.1 has for a status.
func oauthError(status int) string {
	switch {
	case status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	case status == http.StatusTooManyRequests:
		return "slow_down" // RFC 8628 §3.5 has it, RFC 6749 no word of its own
	case status >= http.StatusInternalServerError:
		return "server_error"
	case status == http.StatusNotFound: // of no request of OAuth, as the next
		return "not_found"
	case status == http.StatusMethodNotAllowed:
		return "method_not_allowed"
	default:
		return "invalid_request"
	}
}

// recoverPanic makes a panic an error with its stack in the log.
func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				if r == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
					panic(r)
				}
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		return next(c)
	}
}
