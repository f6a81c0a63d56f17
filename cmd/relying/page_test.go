package relying

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTexts(t *testing.T) {
	keys := map[string][]string{}
	for _, lang := range languages() {
		raw, err := files.ReadFile("text/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		for key, text := range texts {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
		}
		for code := range explained {
			if texts["error_"+code] == "" {
				t.Errorf("%s: no text for %s", lang, code)
			}
		}
		keys[lang] = slices.Sorted(maps.Keys(texts))
	}
	if !slices.Equal(keys["ru"], keys["en"]) {
		t.Error("the languages have different texts")
	}
}

func TestPages(t *testing.T) {
	st := newStage(t)
	inline := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+=`)
	for range 2 { // signed out, then signed in
		for _, path := range []string{"/", "/bank/", "/state/", "/bank/goodbye", "/bank/callback", "/nowhere", "/bank/login?prompt=x"} {
			for lang, word := range map[string]string{"ru": "Перейти к содержанию", "en": "Skip to content"} {
				page := st.do("GET", path, http.Header{"Accept-Language": {lang}})
				if !strings.Contains(page.body, word) || !strings.Contains(page.body, `<html lang="`+lang+`">`) {
					t.Errorf("%s in %s: %s", path, lang, page.body)
				}
				if inline.MatchString(page.body) {
					t.Errorf("%s has something inline", path)
				}
				policy := page.header.Get("Content-Security-Policy")
				if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self';") || page.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: headers %v", path, page.header)
				}
			}
		}
		st.get("/bank/login")
	}
	if page := st.do("GET", "/bank/?lang=en", http.Header{"Accept-Language": {"ru"}}); !strings.Contains(page.body, "Your account") {
		t.Error("the choice of language is ignored")
	}
	if page := st.do("GET", "/state/", http.Header{"Accept-Language": {"ru"}}); !strings.Contains(page.body, "Example State Service") {
		t.Error("the choice of language is forgotten")
	}
	for _, file := range []string{"style.css", "bank.svg", "state.svg", "all.svg"} {
		if page := st.get("/static/" + file); page.status != 200 || page.header.Get("ETag") == "" {
			t.Errorf("%s: %d", file, page.status)
		}
	}
	if page := st.get("/state/jwks"); page.status != 200 || strings.Contains(page.body, `"d"`) || !strings.Contains(page.body, `"kid"`) {
		t.Errorf("keys: %d %s", page.status, page.body)
	}
}

func TestConfigRefused(t *testing.T) {
	good := func() Config {
		return Config{
			BaseURL: "http://localhost:8090", Issuer: "http://localhost:8080", Now: time.Now,
			Bank: Client{ID: "bank", Secret: "x"}, State: Client{ID: "state", Secret: "y"},
		}
	}
	if _, err := New(good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"path in base":  func(c *Config) { c.BaseURL += "/x" },
		"no base":       func(c *Config) { c.BaseURL = "" },
		"no issuer":     func(c *Config) { c.Issuer = "" },
		"no clock":      func(c *Config) { c.Now = nil },
		"no id":         func(c *Config) { c.Bank.ID = "" },
		"no credential": func(c *Config) { c.State.Secret = "" },
		"two":           func(c *Config) { c.State.Key = []byte("{}") },
		"malformed key": func(c *Config) { c.State = Client{ID: "state", Key: []byte("{}")} },
		"malformed PEM": func(c *Config) {
			c.State = Client{ID: "state", Key: []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")}
		},
		"neither format": func(c *Config) { c.State = Client{ID: "state", Key: []byte("key")} },
	} {
		cfg := good()
		change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg := Config{
		Addr: "127.0.0.1:0", BaseURL: "http://localhost:8090", Issuer: "http://localhost:1", Now: time.Now,
		Bank: Client{ID: "bank", Secret: "x"}, State: Client{ID: "state", Secret: "y"},
	}
	var status int
	err := Run(ctx, cfg, func(addr string) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/bank/", nil)
		if err != nil {
			t.Error(err)
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		status = res.StatusCode
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		cancel()
	})
	if err != nil || status != 200 {
		t.Errorf("stopped with %v after answering %d", err, status)
	}
}
