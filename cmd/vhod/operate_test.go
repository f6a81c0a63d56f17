package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// parses tells whether a command line means something.
func parses(t *testing.T, args []string) {
	t.Helper()
	parser, err := kong.New(new(commands), kong.Name("vhod"), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Errorf("%q: %v", args, err)
	}
}

// unit reads a unit of systemd: values by section and key, those commented out too.
func unit(t *testing.T, name string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("operate", name))
	if err != nil {
		t.Fatal(err)
	}
	all, section := map[string][]string{}, ""
	setting := regexp.MustCompile(`^#?([A-Z][A-Za-z]+)=(.*)$`)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if m := setting.FindStringSubmatch(line); m != nil {
			all[section+m[1]] = append(all[section+m[1]], m[2])
		} else if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]") + "."
		} else if line != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("%s: %q", name, line)
		}
	}
	return all
}

// TestUnits: systemd starts what there is, with as little power as it needs.
func TestUnits(t *testing.T) {
	t.Parallel()
	service, socket := unit(t, "vhod.service"), unit(t, "vhod.socket")
	start := strings.Fields(strings.Join(service["Service.ExecStart"], ";"))
	parses(t, start[1:])
	for key, want := range map[string]string{
		"Service.Type": "notify", "Service.User": "vhod", "Service.NoNewPrivileges": "yes", "Service.ProtectSystem": "strict",
		"Service.CapabilityBoundingSet": "", "Service.MemoryDenyWriteExecute": "yes", "Service.UMask": "0077", "Unit.Requires": "vhod.socket",
	} {
		if got := service[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s=%q, want %q", key, got, want)
		}
	}
	if len(socket["Socket.ListenStream"]) != 1 { // one is what serve takes
		t.Error(socket)
	}
	var credentials []string
	for _, one := range service["Service.LoadCredential"] {
		name, _, _ := strings.Cut(one, ":")
		credentials = append(credentials, "%d/"+name)
	}
	known := map[string]bool{}
	for s := range settings(presets()) {
		known[variable(s.key)] = true
		known[variable(s.key)+envFile] = s.secret != ""
	}
	known["VHOD_KEK_FILE"] = true
	for _, one := range service["Service.Environment"] {
		name, value, _ := strings.Cut(one, "=")
		if i := slices.Index(credentials, value); !known[name] || i < 0 {
			t.Errorf("Environment=%s", one)
		}
	}
}

// TestUnitsVerify has systemd itself read them, where it is installed.
func TestUnitsVerify(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not installed: TestUnits read them")
		return
	}
	folder := t.TempDir()
	binary, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, name := range []string{"vhod.service", "vhod.socket"} {
		text, err := os.ReadFile(filepath.Join("operate", name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/vhod", binary)), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	out, err := exec.CommandContext(t.Context(), analyze, append([]string{"verify", "--man=no"}, paths...)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), folder) { // of other units it complains too
		t.Errorf("%v: %s", err, out)
	}
}

// TestContainerfile: one static binary, not root, that tells how it is.
func TestContainerfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("operate/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{} // of the last stage
	for line := range strings.Lines(string(text)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "FROM":
			last = map[string]string{}
			if version, ok := strings.CutPrefix(rest, "golang:"); ok && !strings.Contains(string(module), "\ngo "+strings.Fields(version)[0]) {
				t.Errorf("go.mod wants another Go than %s", rest)
			}
		case "COPY":
			if from, _, _ := strings.Cut(rest, " "); !strings.HasPrefix(from, "--") {
				if _, err := os.Stat(filepath.Join("../..", from)); err != nil {
					t.Error(err)
				}
			}
		}
		last[word] = rest
	}
	var entry, start, health []string
	_, check, _ := strings.Cut(last["HEALTHCHECK"], "CMD ")
	for value, list := range map[string]*[]string{last["ENTRYPOINT"]: &entry, last["CMD"]: &start, check: &health} {
		if err := json.Unmarshal([]byte(value), list); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
	if last["FROM"] != "scratch" || strings.HasPrefix(last["USER"], "0") || last["USER"] == "" || !strings.Contains(string(text), "CGO_ENABLED=0") ||
		!slices.Equal(entry, []string{"/vhod"}) || len(health) == 0 || health[0] != "/vhod" {
		t.Errorf("%v", last)
	}
	parses(t, start)
	parses(t, health[1:])
}
