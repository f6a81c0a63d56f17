package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"
)

// traced makes a span of each request.
func (s *Server) traced(next echo.HandlerFunc) echo.HandlerFunc {
	if s.Trace == nil {
		return next
	}
	return func(c echo.Context) error {
		ctx, ended := s.Trace.Request(c.Request(), c.Path(), c.Response().Header().Get(echo.HeaderXRequestID), s.fromProxy(c.Request()))
		c.SetRequest(c.Request().WithContext(ctx))
		err := next(c)
		ended(c.Response().Status)
		return err
	}
}

// fromProxy tells whether the proxy sent a request, whose headers are believed.
func (s *Server) fromProxy(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !s.BehindProxy {
		return false
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
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
