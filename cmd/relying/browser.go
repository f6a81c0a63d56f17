package relying

import (
	"net/http"
	"time"

	"golang.org/x/text/language"
)

const langCookie = "primer_lang"

// secured sets what holds for every answer. The provider's origin is in
// form-action because Chromium applies it to redirects: sign-out posts here and
// is sent on to the provider.
func (s *Service) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' "+
			s.found.origins()+"; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if lang := r.URL.Query().Get("lang"); lang == "ru" || lang == "en" {
			http.SetCookie(w, &http.Cookie{
				Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 60 * 60,
				HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
			})
		}
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		next.ServeHTTP(w, r)
	})
}

// lang is the person's choice, else what the browser prefers, else Russian.
func (s *Service) lang(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); lang == "ru" || lang == "en" {
		return lang
	}
	if c, err := r.Cookie(langCookie); err == nil && (c.Value == "ru" || c.Value == "en") {
		return c.Value
	}
	known := language.NewMatcher([]language.Tag{language.Russian, language.English})
	_, index := language.MatchStrings(known, r.Header.Get("Accept-Language"))
	return languages()[index]
}

// logged writes one line for each request: no query, no cookie, no address.
func (s *Service) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.cfg.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		s.cfg.Log.InfoContext(r.Context(), "request", "method", r.Method, "path", cut(r.URL.Path, 100),
			"status", seen.status, "ms", s.cfg.Now().Sub(began)/time.Millisecond)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (s *Service) showIndex(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "all", "index", nil)
}

func (s *Service) showMissing(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, "all", "error", struct{ Text, Code, Description, Retry string }{Text: "error_missing"})
}

// showForeign answers a form that another site posted here.
func (s *Service) showForeign(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusForbidden, "all", "error", struct{ Text, Code, Description, Retry string }{Text: "error_foreign"})
}
