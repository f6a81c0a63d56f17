package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vhod": main})
}

// TestScripts runs the command lines of testdata. Beside testscript's own
// commands there are
//
//	exits CODE vhod …     the command ends with this very code
//	[!] await STATUS URL  the address answers this status before long, or stops to
//	request STATUS METHOD URL [BODY]   one request; the answer is stdout
//	keep NAME REGEXP      $NAME is the first group found in the last stdout
//
// cert.pem and key.pem are of localhost; PORT and RELYING_PORT are free.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"PORT", "RELYING_PORT"} {
				port, err := freePort()
				if err != nil {
					return err
				}
				e.Setenv(name, port)
			}
			_, _, err := writeCertificate(e.WorkDir, 1)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "await": await, "request": request, "keep": keep,
		},
	})
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		return "", err
	}
	return port(l), l.Close()
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command…")
	}
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s", code, args[0], ts.ReadFile("stderr"))
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] await STATUS URL")
	}
	var last string
	for range 300 {
		status, _, err := ask(http.MethodGet, args[1], "")
		if last = fmt.Sprint(status, " ", err); (strconv.Itoa(status) == args[0]) != neg {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s: at last %s", args[1], last)
}

func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: request STATUS METHOD URL [BODY]")
	}
	body := ""
	if len(args) == 4 {
		body = args[3]
	}
	status, answer, err := ask(args[1], args[2], body)
	ts.Check(err)
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("status %d, want %s: %s", status, args[0], answer)
	}
	_, err = ts.Stdout().Write([]byte(answer))
	ts.Check(err)
}

func ask(method, address, body string) (status int, answer string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // certificates of tests
		DisableKeepAlives: true,
	}}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME REGEXP")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("%s is not in the last output", args[1])
	}
	ts.Setenv(args[0], found[1])
}
