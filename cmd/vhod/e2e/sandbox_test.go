package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vhod/store/storetest"
)

// binary is the built program, for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "vhod-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "vhod")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "vhod/cmd/vhod").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// sandbox is a running `vhod sandbox` with its sample services.
type sandbox struct {
	issuer, relying string
}

// engines runs a test against a sandbox on each engine.
func engines(t *testing.T, body func(t *testing.T, s sandbox)) {
	t.Helper()
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			body(t, start(t, engine))
		})
	}
}

func start(t *testing.T, engine string) sandbox {
	t.Helper()
	port, relyingPort := freePort(t), freePort(t)
	s := sandbox{issuer: "http://localhost:" + port, relying: "http://127.0.0.1:" + relyingPort}
	place := []string{"--data", t.TempDir()}
	if engine == storetest.Postgres {
		place = append(place, "--db", storetest.DSN(t, engine))
	}
	args := append([]string{"sandbox", "--addr", "127.0.0.1:" + port, "--issuer", s.issuer, "--relying", "127.0.0.1:" + relyingPort}, place...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), binary, args...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() {
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop: %v", err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the sandbox ended with %v", err)
			}
		case <-time.After(25 * time.Second):
			t.Error("the sandbox did not stop")
			if err := command.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			text, err := os.ReadFile(log.Name())
			t.Logf("log of the sandbox (%v):\n%s", err, tail(string(text), 60))
		}
	})
	waitFor(t, s.issuer+"/health/ready", ended)
	waitFor(t, s.relying+"/", ended)
	// A service that lets in confirmed people alone.
	add := append([]string{"client", "add", "--id", "strict", "--auth", "none", "--name", "Строгий сервис", "--name-en", "Strict Service",
		"--redirect", s.relying + "/nowhere", "--min-level", "confirmed"}, place...)
	if out, err := exec.CommandContext(t.Context(), binary, add...).CombinedOutput(); err != nil {
		t.Fatalf("client add: %v\n%s", err, out)
	}
	return s
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func waitFor(t *testing.T, url string, ended <-chan error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			if closeErr := response.Body.Close(); err == nil && closeErr == nil && response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-ended:
			t.Fatalf("the sandbox ended at once: %v", err)
		case <-ctx.Done():
			t.Fatalf("%s is not there after 30 s: %v", url, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
