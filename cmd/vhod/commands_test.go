package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestCommands: each command answers in JSON when it is done (0), refuses (1) with
// the reason in JSON on standard error, and tells a line that means nothing (2).
func TestCommands(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	var made sandboxPerson
	s.call(t, http.StatusCreated, http.MethodPost, "/sandbox/api/people", `{"level":"standard"}`, &made)
	s.close()
	folder := t.TempDir()
	configured, backup := writeWhole(t, folder, s.folder.kek()), filepath.Join(folder, "b")
	of, nowhere, config := " --data "+string(s.folder), " --data "+filepath.Join(folder, "nowhere"), " --config "+configured
	gone := " --config " + filepath.Join(folder, "nowhere.yaml")
	changed := filepath.Join(folder, "changed.json")
	if err := os.WriteFile(changed, []byte(`{"client_id":"b","names":{"ru":"Б"},"redirect_uris":["https://b.example.ru/d"],"token_endpoint_auth_method":"client_secret_basic","require_pkce":true,"application_type":"web","grant_types":["authorization_code"],"response_types":["code"],"scopes":[{"name":"openid"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	client := " --name Б --redirect https://b.example.ru/c"

	rows := []struct{ command, done, refused, wrong string }{
		{"client add", of + " --id b" + client, of + " --id b" + client, of},
		{"client list", of, nowhere, " --frob"},
		{"client show", of + " b", of + " nobody", of},
		{"client disable", of + " b", of + " nobody", of},
		{"client enable", of + " b", of + " nobody", of},
		{"client set", of + " --file " + changed, of + " --file " + filepath.Join(folder, "nowhere.json"), of},
		{"client secret", of + " b", of + " nobody", of},
		{"person show", of + " " + made.OID, of + " 79990000000", of},
		{"person block", of + " " + made.OID + " --reason fraud", of + " " + made.OID + " --reason fraud", of},
		{"person unblock", of + " " + made.OID, of + " " + made.OID, of},
		{"key list", of, nowhere, ""},
		{"key rotate", of + " --emergency", nowhere, of + " --alg HS256"},
		{"key rewrap", of, nowhere, ""},
		{"audit verify", of, nowhere, of + " --from x"},
		{"audit search", of, nowhere, of + " --limit 0"},
		{"audit export", of + " --out " + filepath.Join(folder, "j"), of + " --out " + filepath.Join(folder, "j"), of + " --from x"},
		{"config print", config, gone, ""},
		{"migrate", config, gone, ""},
		{"migrate", config + " --check", nowhere + " --check", " --check"},
		{"doctor", config, gone, ""},
		{"health", config, gone, ""},
		{"backup", of + " --out " + backup, of + " --out " + backup, of},
		{"restore", config + " --in " + backup, config + " --in " + backup, config},
		{"version", "-", "-", " x"},
		{"sandbox", "-", " --data /dev/null/s", " --tls-cert x"},
		{"serve", "-", gone, ""},
		{"relying", "-", "-", " x"},
	}
	var told []string
	for _, row := range rows {
		told = append(told, row.command)
		// Done comes first: what is refused is often that it was done.
		for code, rest := range []string{row.done, row.refused, row.wrong} {
			if rest == "-" {
				continue
			}
			t.Run(fmt.Sprint(row.command, rest), func(t *testing.T) { answersIn(t, code, row.command+rest+" --json") })
		}
	}
	for _, leaf := range leaves(t) {
		if !slices.Contains(told, leaf) {
			t.Errorf("%s is not among the rows", leaf)
		}
	}
}

// answersIn runs a command line and wants its code, with JSON where it belongs.
func answersIn(t *testing.T, code int, line string) {
	var stdout, stderr bytes.Buffer
	p := &process{ctx: t.Context(), stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
	if got := command(p, strings.Fields(line)); got != code {
		t.Fatalf("code %d, want %d: %s%s", got, code, stdout.String(), stderr.String())
	}
	var answer any
	if err := json.Unmarshal(stdout.Bytes(), &answer); code == exitDone && err != nil {
		t.Errorf("%v: %s", err, stdout.String())
	}
	var reason struct{ Error string }
	// Before the reason of a line that means nothing comes how to use the command.
	text := stderr.Bytes()[max(0, bytes.LastIndex(stderr.Bytes(), []byte("{\n"))):]
	if err := json.Unmarshal(text, &reason); code != exitDone && (err != nil || reason.Error == "") {
		t.Errorf("%v: %s", err, stderr.String())
	}
}

// leaves are the commands that there are.
func leaves(t *testing.T) (all []string) {
	t.Helper()
	parser, err := kong.New(new(commands), kong.Name("vhod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		all = append(all, strings.TrimPrefix(leaf.FullPath(), "vhod "))
	}
	return all
}

// writeWhole writes a configuration with which everything is as it should be.
func writeWhole(t *testing.T, folder, kek string) string {
	t.Helper()
	ready := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(ready.Close)
	mail := localListener(t)
	go speakMail(mail, "220 mail", false, nil)
	path := filepath.Join(folder, "vhod.yaml")
	text := fmt.Sprintf("issuer: https://id.example.com\nlisten: %s\ndatabase: sqlite:vhod.db\nkek_file: %s\n"+
		"smtp: {host: 127.0.0.1, port: %d, from: a@id.invalid, tls: none}\nsms: {url: %s}\n",
		ready.Listener.Addr(), kek, mail.Addr().(*net.TCPAddr).Port, ready.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
