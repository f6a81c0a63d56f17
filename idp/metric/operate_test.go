package metric

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"
)

// operate is where the dashboard and the alert rules are.
const operate = "../../cmd/vhod/operate/"

// queries are every expression of the dashboard and the alert rules.
func queries(t *testing.T) (all []string) {
	t.Helper()
	var alerts struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	read(t, "prometheus/alerts.yml", yaml.Unmarshal, &alerts)
	help := map[string]string{}
	for _, lang := range []string{"ru", "en"} {
		text, err := os.ReadFile("../../ui/help/operate-metrics." + lang + ".md")
		if err != nil {
			t.Fatal(err)
		}
		help[lang] = string(text)
	}
	for _, g := range alerts.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.Expr == "" || r.Annotations["summary"] == "" {
				t.Errorf("incomplete rule %+v", r)
			}
			for lang, text := range help {
				if !strings.Contains(text, "**"+r.Alert+"**") {
					t.Errorf("nobody is told in %s what to do about %s", lang, r.Alert)
				}
			}
			all = append(all, r.Expr)
		}
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	read(t, "grafana/vhod.json", json.Unmarshal, &dashboard)
	for _, p := range dashboard.Panels {
		if len(p.Targets) == 0 && p.Type != "row" {
			t.Errorf("the panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}

func read(t *testing.T, name string, unmarshal func([]byte, any) error, to any) {
	t.Helper()
	text, err := os.ReadFile(operate + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := unmarshal(text, to); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

var (
	descName   = regexp.MustCompile(`fqName: "([^"]+)"`)
	descLabels = regexp.MustCompile(`variableLabels: \{([^}]*)\}`)

	metricUse = regexp.MustCompile(`\b(vhod_\w+|go_\w+|process_\w+)(\{[^}]*\})?`)
	labelUse  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
)

// registered are the metrics' names with their labels.
func registered() map[string][]string {
	m := New(Build{})
	m.Watch(Sources{})
	m.Certificate(func() time.Time { return time.Time{} })
	described := make(chan *prometheus.Desc)
	go func() {
		defer close(described)
		for _, c := range m.all {
			c.Describe(described)
		}
	}()
	all := map[string][]string{}
	for d := range described {
		labels := []string{"instance", "job"} // Prometheus adds these
		if found := descLabels.FindStringSubmatch(d.String()); found != nil && found[1] != "" {
			labels = append(labels, strings.Split(found[1], ",")...)
		}
		all[descName.FindStringSubmatch(d.String())[1]] = labels
	}
	return all
}

// TestOperate: each metric and label that the dashboard and the alert rules name is
// there, and each value is a word of the program.
func TestOperate(t *testing.T) {
	t.Parallel()
	known, words, used := registered(), program(t), map[string]bool{}
	if len(known["vhod_http_requests_total"]) != 6 {
		t.Fatalf("the labels were not found: %v", known)
	}
	for _, query := range queries(t) {
		found := metricUse.FindAllStringSubmatch(query, -1)
		if len(found) == 0 && !strings.Contains(query, "up{") {
			t.Errorf("no metric in %s", query)
		}
		for _, use := range found {
			name, labels := use[1], known[use[1]]
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if base, ok := strings.CutSuffix(name, suffix); ok && labels == nil {
					name, labels = base, known[base]
				}
			}
			used[name] = true
			if labels == nil {
				t.Errorf("no metric %s, in %s", name, query)
				continue
			}
			for _, label := range labelUse.FindAllStringSubmatch(use[2], -1) {
				if !slices.Contains(labels, label[1]) {
					t.Errorf("%s has no label %s, in %s", name, label[1], query)
				}
				for value := range strings.SplitSeq(label[3], "|") {
					if !strings.ContainsAny(value, ".*$") && label[1] != "job" && !strings.Contains(words, `"`+value+`"`) && !strings.Contains(words, `"`+value+`:"`) {
						t.Errorf("no program says %q, in %s", value, query)
					}
				}
			}
		}
	}
	for name := range known {
		if strings.HasPrefix(name, prefix) && !used[name] {
			t.Errorf("%s is shown nowhere", name)
		}
	}
}

// program is the text of the program's packages.
func program(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, root := range []string{"../../idp", "../../store", "../../keys"} {
		files := os.DirFS(root)
		err := fs.WalkDir(files, ".", func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := fs.ReadFile(files, name)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
