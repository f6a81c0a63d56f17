package server

import (
	"context"

	"github.com/labstack/echo/v4"
)

// traced makes a span of each request.
func (s *Server) traced(next echo.HandlerFunc) echo.HandlerFunc {
	if s.Trace == nil {
		return next
	}
	return func(c echo.Context) error {
		ctx, ended := s.Trace.Request(c.Request(), c.Path(), c.Response().Header().Get(echo.HeaderXRequestID), s.trusted(c.Request().RemoteAddr))
		c.SetRequest(c.Request().WithContext(ctx))
		err := next(c)
		ended(c.Response().Status)
		return err
	}
}

// hashBegun and tripBegun are nil where nothing is traced, so that nothing is asked.
func (s *Server) hashBegun() func(context.Context) func(error) {
	if s.Trace == nil {
		return nil
	}
	return s.Trace.Hash
}

func (s *Server) tripBegun() func(context.Context, string) func(error) {
	if s.Trace == nil {
		return nil
	}
	return s.Trace.Statement
}
