package ui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestStaticIsCompressedAndCached(t *testing.T) {
	t.Parallel()
	address, err := staticURL("style.css")
	if err != nil {
		t.Fatal(err)
	}
	get := func(address, encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		Static().ServeHTTP(w, r)
		return w
	}
	small, plain := get(address, "gzip, br"), get(address, "")
	if small.Header().Get("Content-Encoding") != "gzip" || small.Body.Len() > plain.Body.Len()/3 {
		t.Errorf("compressed: %v, %d of %d bytes", small.Header(), small.Body.Len(), plain.Body.Len())
	}
	for name, w := range map[string]*httptest.ResponseRecorder{"compressed": small, "plain": plain} {
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", name, w.Header())
		}
	}
	if w := get("/static/style.css?v=old", ""); strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("an old address is cached for ever: %v", w.Header())
	}
	for _, path := range []string{"/static/nothing", "/static/", "/static/../ui.go", "/static/%2e%2e/ui.go"} {
		if w := get(path, "gzip"); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}
