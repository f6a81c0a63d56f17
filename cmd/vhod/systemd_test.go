package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSocketActivation: a socket that systemd holds is served from, systemd is told,
// and while one process follows another no connection is refused.
func TestSocketActivation(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"vhod.yaml": goodConfig, "kek": "1:" + strings.Repeat("A", 43) + "=\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(folder, "vhod.yaml")
	if out, err := exec.CommandContext(t.Context(), "vhod", "migrate", "--config", config).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l := localListener(t)
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	notices, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(folder, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log.String())
		}
	})
	start := func() *exec.Cmd {
		// LISTEN_PID is that of the process that is to take the sockets.
		c := exec.CommandContext(t.Context(), "sh", "-c", `LISTEN_PID=$$ exec vhod serve --config "$0"`, config)
		c.Env = append(os.Environ(), "LISTEN_FDS=1", "NOTIFY_SOCKET="+filepath.Join(folder, "notify"))
		c.ExtraFiles, c.Stderr = []*os.File{socket}, &log
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill() }) // it has ended unless the test failed
		told(t, notices, "READY=1")
		return c
	}
	first := start()
	address := "http://" + l.Addr().String()
	// What this process would accept itself, nobody answers.
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	stop, refused := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(refused)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			if status, _, err := ask(http.MethodGet, address+"/health/live", ""); err != nil || status != http.StatusOK {
				refused <- fmt.Errorf("request %d: %d, %w", n, status, err)
				return
			}
		}
	}()
	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told(t, notices, "STOPPING=1")
	if err := first.Wait(); err != nil {
		t.Error(err)
	}
	second := start()
	time.Sleep(100 * time.Millisecond)
	close(stop)
	if err := <-refused; err != nil {
		t.Error(err)
	}
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Error(err)
	}
}

func told(t *testing.T, notices *net.UnixConn, want string) {
	t.Helper()
	if err := notices.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		text := make([]byte, 256)
		n, err := notices.Read(text)
		if err != nil {
			t.Fatalf("waiting for %s: %v", want, err)
		}
		if string(text[:n]) == want {
			return
		}
	}
}
