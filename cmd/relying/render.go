package relying

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed pages/*.html static/* text/*.json
var files embed.FS

// moscow is the time in which the provider tells the time too.
var moscow = time.FixedZone("MSK", 3*60*60)

func languages() []string { return []string{"ru", "en"} }

func pageNames() []string { return []string{"index", "public", "account", "goodbye", "error"} }

// renderer holds every page in every language, parsed once.
type renderer struct {
	pages map[string]*template.Template // by language and page
}

func newRenderer() (*renderer, error) {
	out := &renderer{pages: map[string]*template.Template{}}
	for _, lang := range languages() {
		raw, err := files.ReadFile("text/" + lang + ".json")
		if err != nil {
			return nil, fmt.Errorf("texts: %w", err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("texts %s: %w", lang, err)
		}
		functions := template.FuncMap{
			"t": func(key string) (string, error) {
				if text, ok := texts[key]; ok {
					return text, nil
				}
				return "", fmt.Errorf("no text %q in %s", key, lang)
			},
			"moment":  func(t time.Time) string { return t.In(moscow).Format(texts["time_format"]) },
			"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		}
		for _, name := range pageNames() {
			parsed, err := template.New("layout.html").Funcs(functions).ParseFS(files, "pages/layout.html", "pages/"+name+".html")
			if err != nil {
				return nil, fmt.Errorf("page %s: %w", name, err)
			}
			out.pages[lang+" "+name] = parsed
		}
	}
	return out, nil
}

// frame is what every page is given around its own data.
type frame struct {
	Lang, Other string // the page's language, and the one it can be changed to
	Service     string // "bank", "state" or "all": texts and colours
	Home        string // path the language switch leads to
	Page        string
	Data        any
}

func (s *Service) render(w http.ResponseWriter, r *http.Request, status int, service, name string, data any) {
	f := frame{Lang: s.lang(r), Other: "en", Service: service, Home: "/", Page: name, Data: data}
	if f.Lang == "en" {
		f.Other = "ru"
	}
	if service != "all" {
		f.Home = "/" + service + "/"
	}
	var out bytes.Buffer
	if err := s.renderer.pages[f.Lang+" "+name].Execute(&out, f); err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "page failed", "page", name, "error", cut(err.Error(), 300))
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", f.Lang)
	w.Header().Add("Vary", "Accept-Language, Cookie")
	s.write(w, status, out.Bytes())
}

func (p *party) page(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	p.render(w, r, status, p.name, name, data)
}

// write sends a whole body; a failure means that the browser has gone.
func (s *Service) write(w http.ResponseWriter, status int, body []byte) {
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.cfg.Log.Debug("answer not delivered", "error", cut(err.Error(), 300))
	}
}

func (r *renderer) serveStatic(w http.ResponseWriter, req *http.Request) {
	name := req.PathValue("file")
	body, err := files.ReadFile("static/" + name)
	if err != nil {
		http.NotFound(w, req)
		return
	}
	sum := sha256.Sum256(body)
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	http.ServeContent(w, req, name, time.Time{}, bytes.NewReader(body))
}
