package main

import (
	"bytes"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"vhod/store/storetest"
)

// ran runs a command line that must be done.
func ran(t *testing.T, args ...string) {
	t.Helper()
	var out bytes.Buffer
	if code := command(&process{ctx: t.Context(), stdin: strings.NewReader(""), stdout: &out, stderr: &out}, args); code != exitDone {
		t.Fatalf("%q: code %d: %s", args, code, out.String())
	}
}

// TestRestoredSignIn: of a backup that was made while people came, in a database of
// the other engine, the journal is whole and people sign in.
func TestRestoredSignIn(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{storetest.SQLite: storetest.Postgres, storetest.Postgres: storetest.SQLite} {
		t.Run(from+" to "+to, func(t *testing.T) {
			t.Parallel()
			dsn, next := storetest.DSN(t, from), storetest.DSN(t, to)
			s := newSandbox(t, dsn)
			var made sandboxPerson
			s.call(t, http.StatusCreated, http.MethodPost, "/sandbox/api/people", `{"level":"simplified","phone":false}`, &made)
			stop := make(chan struct{})
			var writers sync.WaitGroup
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sandbox/api/people", strings.NewReader(`{"level":"standard"}`))
						r.Header.Set("Content-Type", "application/json")
						s.provider.Handler().ServeHTTP(httptest.NewRecorder(), r)
					}
				}
			})
			out := filepath.Join(t.TempDir(), "b")
			ran(t, "backup", "--data", string(s.folder), "--db", dsn, "--out", out)
			close(stop)
			writers.Wait()
			s.close()
			at := []string{"--data", string(s.folder), "--db", next}
			ran(t, append([]string{"migrate"}, at...)...)
			ran(t, append([]string{"restore", "--in", out}, at...)...)

			restored := &testSandbox{sandbox: &sandbox{sandboxCommand: sandboxCommand{DB: next}, folder: s.folder, issuer: s.issuer, log: s.log}}
			restored.start(t)
			server := httptest.NewServer(restored.provider.Handler())
			defer server.Close()
			signsIn(t, server.URL, made.Login, made.Password)
			restored.close()
			ran(t, append([]string{"audit", "verify"}, at...)...)
		})
	}
}

var flowField = regexp.MustCompile(`name="flow" value="([^"]*)"`)

// signsIn signs in at the start page, with a password alone.
func signsIn(t *testing.T, address, login, password string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	send := func(method, path, body string) (at, text string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var all bytes.Buffer
		if _, err := all.ReadFrom(response.Body); err != nil {
			t.Fatal(err)
		}
		return response.Request.URL.Path, all.String()
	}
	_, page := send(http.MethodGet, "/account", "")
	form := url.Values{"login": {login}, "password": {password}}
	if m := flowField.FindStringSubmatch(page); m != nil {
		form.Set("flow", html.UnescapeString(m[1]))
	}
	send(http.MethodPost, "/login/password", form.Encode())
	if at, page := send(http.MethodGet, "/account", ""); at != "/account" {
		t.Errorf("after the password: at %s: %s", at, page)
	}
}
