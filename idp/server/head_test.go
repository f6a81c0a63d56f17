package server_test

import (
	"net/http"
	"testing"

	"vhod/store/storetest"
)

// TestHead: what is public is asked about by HEAD as by GET (RFC 9110 §9.3.2).
func TestHead(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth2/jwks", "/health/live"} {
		var headers [2]http.Header
		for n, method := range []string{http.MethodGet, http.MethodHead} {
			r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			b := p.browser().do(r)
			if b.status != http.StatusOK || n == 1 && b.body != "" {
				t.Errorf("%s %s: %d, %q", method, path, b.status, b.body)
			}
			headers[n] = b.header
		}
		for _, name := range []string{"Content-Type", "Content-Length", "Cache-Control", "ETag", "Access-Control-Allow-Origin"} {
			if get, head := headers[0].Get(name), headers[1].Get(name); get != head {
				t.Errorf("%s: %s is %q by GET, %q by HEAD", path, name, get, head)
			}
		}
	}
}
