package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// missing skips a test for want of a tool; under CI nothing may be skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// node finds what the browser journeys need: Node.js, the installed packages and
// Chromium.
func node(t *testing.T) (nodePath, chromium string) {
	t.Helper()
	nodePath, err := exec.LookPath("node")
	if err != nil {
		missing(t, "Node.js is not installed")
	}
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		missing(t, "npm packages are not installed: run npm ci in cmd/vhod/e2e")
	}
	chromium = os.Getenv("VHOD_TEST_CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	if _, err := os.Stat(chromium); err != nil {
		missing(t, "Chromium is not installed; VHOD_TEST_CHROMIUM may name it")
	}
	return nodePath, chromium
}

// TestJourneys walks a person's whole way in Chromium, in both languages: on a
// wide window, a phone, in the dark, without JavaScript; axe looks at each page.
func TestJourneys(t *testing.T) {
	t.Parallel()
	nodePath, chromium := node(t)
	engines(t, func(t *testing.T, s sandbox) {
		for _, journey := range []struct{ lang, variant string }{
			{"ru", "wide"}, {"en", "dark"}, {"ru", "noscript"}, {"en", "phone"}, {"ru", "dark"},
		} {
			t.Run(journey.lang+"-"+journey.variant, func(t *testing.T) {
				settings, err := json.Marshal(map[string]string{
					"issuer": s.issuer, "relying": s.relying, "chromium": chromium,
					"lang": journey.lang, "variant": journey.variant, "shots": os.Getenv("VHOD_TEST_SHOTS"),
				})
				if err != nil {
					t.Fatal(err)
				}
				command := exec.CommandContext(t.Context(), nodePath, "journeys.mjs")
				command.Env = append(os.Environ(), "VHOD_JOURNEY="+string(settings))
				out, err := command.CombinedOutput()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				t.Logf("%s", out)
			})
		}
	})
}
