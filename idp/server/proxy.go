package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

// addresses tells from which address a request comes: the connection's, or what the
// last trusted proxy says.
func (s *Server) addresses() echo.IPExtractor {
	if len(s.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.TrustedProxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// onlyProxies refuses what comes past the trusted proxies; health is asked of every
// instance apart.
func (s *Server) onlyProxies(next echo.HandlerFunc) echo.HandlerFunc {
	if len(s.TrustedProxies) == 0 {
		return next
	}
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Path(), "/health/") || s.trusted(c.Request().RemoteAddr) {
			return next(c)
		}
		return echo.NewHTTPError(http.StatusForbidden, "the request came past the proxy")
	}
}

func (s *Server) trusted(remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	for _, p := range s.TrustedProxies {
		if p.Contains(peer.Addr().Unmap().WithZone("")) {
			return true
		}
	}
	return false
}
