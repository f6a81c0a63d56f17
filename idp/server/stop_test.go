package server_test

import (
	"net/http"
	"testing"

	"vhod/store/storetest"
)

// TestStoppingKeepsNoConnection: a connection that a stopping server answers on is
// not asked on again, so that no request meets its end.
func TestStoppingKeepsNoConnection(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	ask := func(path string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, path := range []string{"/login", "/oauth2/jwks", "/health/ready", "/nowhere"} {
		a := ask(path)
		a.Body.Close()
		if a.Close {
			t.Errorf("%s closes the connection", path)
		}
	}
	p.Stopping()
	for _, path := range []string{"/login", "/oauth2/jwks", "/health/ready", "/nowhere"} {
		a := ask(path)
		a.Body.Close()
		if !a.Close {
			t.Errorf("%s keeps the connection of a server that stops", path)
		}
	}
}
