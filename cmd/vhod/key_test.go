package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vhod/idp"
)

// TestRewrapIsJournaled: like every change of the keys.
func TestRewrapIsJournaled(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "vhod.yaml")
	for name, text := range map[string]string{
		"vhod.yaml": goodConfig, "kek": "k1:" + strings.Repeat("MDEy", 10) + "MDE=\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &process{ctx: t.Context(), stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	for _, args := range [][]string{{"migrate"}, {"key", "rewrap"}} {
		if code := command(p, append(args, "--config", path)); code != exitDone {
			t.Fatalf("%v: code %d", args, code)
		}
	}
	s, err := target{Config: path}.open(p, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var actor string
	if err := s.db.Q(t.Context()).QueryRow(t.Context(), `SELECT actor FROM event WHERE name = $1`, string(idp.EventKeyRewrapped)).Scan(&actor); err != nil || !strings.HasPrefix(actor, "operator:") {
		t.Errorf("actor %q, %v", actor, err)
	}
}
