package idp_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path of the project; a package is named by its folder below.
const module = "vhod"

// layers ranks the packages: each imports lower ranks only, the same rank are
// strangers. The first pattern that matches decides; * is one path element.
var layers = []struct {
	pattern string
	rank    int
}{
	{"idp", 0}, {"keys", 0}, {"ui", 0}, {"migrations", 0},
	{"keys/*", 1}, // a signer or a family of algorithms, of the key ring's making
	{"store", 1}, {"idp/identifier", 1},
	{"idp/audit", 2}, {"idp/job", 2}, {"idp/cache", 2}, {"idp/password", 2}, {"idp/metric", 2}, {"idp/trace", 2},
	{"idp/session", 3}, {"idp/notify", 3}, {"idp/registry", 3}, {"idp/guard", 3},
	{"idp/upstream", 3}, {"idp/file", 3}, {"idp/case", 3},
	{"idp/flow", 4}, {"idp/oauth/token", 4},
	{"idp/oauth/*", 5},
	{"idp/oauth", 6}, {"idp/login/*", 6}, {"idp/register", 6}, {"idp/confirm/*", 6},
	{"idp/recover", 6}, {"idp/consent", 6}, {"idp/account", 6}, {"idp/organisation", 6},
	{"idp/operator", 6}, {"idp/admin", 6}, {"idp/developer", 6},
	{"idp/esia", 7},
	{"idp/server", 8}, {"store/storetest", 8},
	{"cmd/*", 9}, {"cmd/simulate/*", 9}, {"cmd/vhod/e2e", 9},
}

// neighbours are the strangers of the same rank that do know each other.
var neighbours = []struct{ from, to string }{
	{"cmd/vhod", "cmd/relying"},    // the one binary runs the sample programs too
	{"cmd/vhod", "cmd/simulate/*"}, // the same
	{"cmd/bench", "cmd/rig"},       // what starts a provider and speaks to it
	{"cmd/fault", "cmd/rig"},       // the same
	{"idp/job", "idp/audit"},       // a dead letter is an event of the journal
}

// fences names who alone may import a library, by the beginning of its path.
var fences = []struct {
	library string
	only    []string
}{
	{"github.com/ory/fosite", []string{"idp/oauth"}},
	{"github.com/jackc/pgx", []string{"store"}},
	{"modernc.org/sqlite", []string{"store"}},
	{"database/sql", []string{"store"}},
	// The sample service is a program of its own, as other people's would be.
	{"html/template", []string{"ui", "cmd/relying"}},
	{"github.com/labstack/echo", []string{"idp/*", "cmd"}},
	{"github.com/prometheus", []string{"idp/metric"}},
	// The server's tests look at the spans of whole requests.
	{"go.opentelemetry.io", []string{"idp/trace", "idp/server"}},
}

const (
	maxFileLines = 400
	maxDocLines  = 15
)

// forbiddenNames say nothing about what a package owns.
var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "model", "misc", "shared", "lib", "base"}

// source is a Go file; its path is relative to the root of the project.
type source struct {
	path    string
	lines   int
	imports []string
	inits   int
}

func (s source) folder() string { return path.Dir(s.path) }
func (s source) test() bool     { return strings.HasSuffix(s.path, "_test.go") }

func rank(folder string) (int, bool) {
	for _, l := range layers {
		if ok, err := path.Match(l.pattern, folder); err == nil && ok {
			return l.rank, true
		}
	}
	return 0, false
}

func acquainted(from, to string) bool {
	for _, n := range neighbours {
		fromOK, fromErr := path.Match(n.from, from)
		toOK, toErr := path.Match(n.to, to)
		if fromErr == nil && toErr == nil && fromOK && toOK {
			return true
		}
	}
	return false
}

// within tells whether a folder is one of the subtrees; "x/*" is what lies below x.
func within(folder string, subtrees []string) bool {
	return slices.ContainsFunc(subtrees, func(subtree string) bool {
		below, strictly := strings.CutSuffix(subtree, "/*")
		return strings.HasPrefix(folder, below+"/") || !strictly && folder == below
	})
}

// library tells whether an import path is a library or lies below it.
func library(imported, name string) bool {
	return imported == name || strings.HasPrefix(imported, name+"/")
}

// rules are what a project's files have to obey; each answers what is wrong.
var rules = map[string]func(files []source) []string{
	"layers":    checkLayers,
	"fences":    checkFences,
	"standard":  checkStandard,
	"doc":       checkDoc,
	"length":    checkLength,
	"init":      checkInit,
	"names":     checkNames,
	"top level": checkTop,
}

// checkLayers looks at tests too, which may reach up to the test store alone.
func checkLayers(files []source) (wrong []string) {
	for _, f := range files {
		from, known := rank(f.folder())
		if !known {
			wrong = append(wrong, f.path+": its folder has no layer")
			continue
		}
		for _, imported := range f.imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours || to == f.folder() || f.test() && (to == "store/storetest" || from >= 8) {
				continue
			}
			switch below, known := rank(to); {
			case to == "store/storetest":
				wrong = append(wrong, f.path+": only tests import "+to)
			case !known:
				wrong = append(wrong, f.path+": "+to+" has no layer")
			case f.folder() == "store/storetest" && within(to, []string{"idp/*", "cmd"}):
				wrong = append(wrong, f.path+": the test store serves everyone and knows the store alone, not "+to)
			case below >= from && !acquainted(f.folder(), to) && !testOfStore(f, to):
				wrong = append(wrong, fmt.Sprintf("%s: layer %d imports %s of layer %d", f.path, from, to, below))
			}
		}
	}
	return wrong
}

// testOfStore lets a test of a low layer be made against the real store.
func testOfStore(f source, to string) bool { return f.test() && to == "store" }

func checkFences(files []source) (wrong []string) {
	for _, f := range files {
		for _, imported := range f.imports {
			for _, fence := range fences {
				if library(imported, fence.library) && !within(f.folder(), fence.only) {
					wrong = append(wrong, f.path+": "+imported+" is for "+strings.Join(fence.only, ", ")+" alone")
				}
			}
		}
	}
	return wrong
}

// checkStandard keeps the nouns and the laws free of everyone else's.
func checkStandard(files []source) (wrong []string) {
	for _, f := range files {
		if f.folder() != "idp" {
			continue
		}
		for _, imported := range f.imports {
			first, _, _ := strings.Cut(imported, "/")
			own := f.test() && imported == module+"/idp"
			if !own && (first == module || strings.Contains(first, ".")) {
				wrong = append(wrong, f.path+": idp imports the standard library only, not "+imported)
			}
		}
	}
	return wrong
}

func checkDoc(files []source) (wrong []string) {
	documented := map[string]bool{}
	for _, f := range files {
		documented[f.folder()] = documented[f.folder()] || path.Base(f.path) == "doc.go"
		if path.Base(f.path) == "doc.go" && f.lines > maxDocLines {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines, at most %d", f.path, f.lines, maxDocLines))
		}
	}
	for folder, has := range documented {
		if !has {
			wrong = append(wrong, folder+": no doc.go")
		}
	}
	return wrong
}

func checkLength(files []source) (wrong []string) {
	for _, f := range files {
		catalogue := strings.Contains(path.Base(f.path), "catalogue")
		if f.lines > maxFileLines && !f.test() && !catalogue {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines, at most %d", f.path, f.lines, maxFileLines))
		}
	}
	return wrong
}

func checkInit(files []source) (wrong []string) {
	for _, f := range files {
		if f.inits > 0 {
			wrong = append(wrong, f.path+": registration is one visible list, never init()")
		}
	}
	return wrong
}

func checkNames(files []source) (wrong []string) {
	for _, f := range files {
		for element := range strings.SplitSeq(f.folder(), "/") {
			if slices.Contains(forbiddenNames, element) {
				wrong = append(wrong, f.path+": "+element+" does not say what the package owns")
			}
		}
	}
	return wrong
}

func checkTop(files []source) (wrong []string) {
	for _, f := range files {
		top, _, _ := strings.Cut(f.path, "/")
		if !slices.Contains([]string{"cmd", "idp", "keys", "migrations", "store", "ui"}, top) {
			wrong = append(wrong, f.path+": the top level is fixed")
		}
	}
	return wrong
}

// TestArchitecture holds the project to its layers and habits.
func TestArchitecture(t *testing.T) {
	files := project(t)
	if len(files) < 50 {
		t.Fatalf("%d files: the project was not found", len(files))
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range rule(files) {
				t.Error(wrong)
			}
		})
	}
}

// project reads every Go file of the project, whatever its build tags.
func project(t *testing.T) (files []source) {
	t.Helper()
	root := ".."
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") ||
				base == "testdata" || base == "node_modules" || name == filepath.Join(root, "var")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") {
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := read(name, filepath.ToSlash(relative))
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(name, relative string) (source, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	f := source{path: relative, lines: set.File(tree.Pos()).LineCount()}
	// A final line end begins no line.
	if set.File(tree.Pos()).LineStart(f.lines) == token.Pos(set.File(tree.Pos()).Base()+set.File(tree.Pos()).Size()) {
		f.lines--
	}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, err
		}
		f.imports = append(f.imports, imported)
	}
	for _, declaration := range tree.Decls {
		if fn, ok := declaration.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			f.inits++
		}
	}
	return f, nil
}

// TestRead shows what a file is reduced to.
func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.go")
	text := "package a\n\nimport (\n\t\"fmt\"\n\tother \"vhod/b\"\n)\n\nfunc init() { fmt.Println(other.B) }\n\nfunc (a) init() {}\n"
	for _, c := range []struct {
		text  string
		lines int
	}{{text, 10}, {text + "\n", 11}, {text + "// end", 11}} {
		if err := os.WriteFile(name, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := read(name, "a/a.go")
		if err != nil {
			t.Fatal(err)
		}
		if f.path != "a/a.go" || f.lines != c.lines || f.inits != 1 || !slices.Equal(f.imports, []string{"fmt", "vhod/b"}) {
			t.Errorf("%+v, want %d lines", f, c.lines)
		}
	}
}

// TestRules shows that each rule bites, and where it lets go.
func TestRules(t *testing.T) {
	imports := func(path string, imported ...string) source { return source{path: path, imports: imported} }
	for _, c := range []struct {
		rule string
		file source
		ok   bool
	}{
		{"layers", imports("store/a.go", "vhod/keys", "vhod/idp", "fmt"), true},
		{"layers", imports("store/a.go", "vhod/idp/flow"), false},
		{"layers", imports("keys/a.go", "vhod/store"), false},
		{"layers", imports("ui/a.go", "vhod/idp"), false},
		{"layers", imports("idp/login/sms/a.go", "vhod/idp/flow", "vhod/idp/guard"), true},
		{"layers", imports("idp/login/sms/a.go", "vhod/idp/login/email"), false},
		{"layers", imports("idp/register/a.go", "vhod/idp/login/sms"), false},
		{"layers", imports("idp/audit/a.go", "vhod/idp/job"), false},
		{"layers", imports("idp/job/a.go", "vhod/idp/audit"), true},
		{"layers", imports("idp/cache/a.go", "vhod/idp/audit"), false},
		{"layers", imports("idp/flow/a.go", "vhod/idp/oauth/token"), false},
		{"layers", imports("idp/oauth/device/a.go", "vhod/idp/oauth/token"), true},
		{"layers", imports("idp/oauth/device/a.go", "vhod/idp/oauth"), false},
		{"layers", imports("idp/oauth/a.go", "vhod/idp/oauth/device"), true},
		{"layers", imports("idp/oauth/a.go", "vhod/idp/esia"), false},
		{"layers", imports("idp/server/a.go", "vhod/idp/login/sms", "vhod/idp/esia"), true},
		{"layers", imports("idp/server/a.go", "vhod/cmd/vhod"), false},
		{"layers", imports("cmd/relying/a.go", "vhod/cmd/simulate/bank"), false},
		{"layers", imports("cmd/vhod/a.go", "vhod/cmd/relying", "vhod/cmd/simulate/bank", "vhod/idp/server"), true},
		{"layers", imports("cmd/relying/a.go", "vhod/cmd/vhod"), false},
		{"layers", imports("idp/unheard/a.go"), false},
		{"layers", imports("idp/flow/a.go", "vhod/unheard"), false},
		{"layers", imports("idp/guard/a.go", "vhod/store/storetest"), false},
		{"layers", imports("idp/guard/a_test.go", "vhod/store/storetest"), true},
		{"layers", imports("store/storetest/a.go", "vhod/store"), true},
		{"layers", imports("store/storetest/a.go", "vhod/idp/flow"), false},
		{"layers", imports("idp/guard/a_test.go", "vhod/idp/server"), false},
		{"layers", imports("idp/guard/a_test.go", "vhod/idp/guard"), true},

		{"fences", imports("idp/oauth/a.go", "github.com/ory/fosite/handler/oauth2"), true},
		{"fences", imports("idp/oauth/token/a.go", "github.com/ory/fosite"), true},
		{"fences", imports("idp/flow/a.go", "github.com/ory/fosite"), false},
		{"fences", imports("store/a.go", "github.com/jackc/pgx/v5", "modernc.org/sqlite", "database/sql"), true},
		{"fences", imports("keys/a.go", "github.com/jackc/pgx/v5/pgxpool"), false},
		{"fences", imports("keys/a.go", "modernc.org/sqlite"), false},
		{"fences", imports("migrations/a.go", "database/sql"), false},
		{"fences", imports("keys/a_test.go", "database/sql/driver"), false},
		{"fences", imports("ui/a.go", "html/template"), true},
		{"fences", imports("idp/server/a.go", "html/template"), false},
		{"fences", imports("idp/server/a.go", "github.com/labstack/echo/v4"), true},
		{"fences", imports("cmd/vhod/a.go", "github.com/labstack/echo/v4"), true},
		{"fences", imports("ui/a.go", "github.com/labstack/echo/v4"), false},
		{"fences", imports("idp/a.go", "github.com/labstack/echo/v4"), false},
		{"fences", imports("idp/metric/a.go", "github.com/prometheus/client_golang/prometheus"), true},
		{"fences", imports("idp/server/a.go", "github.com/prometheus/client_golang/prometheus"), false},
		{"fences", imports("idp/trace/a.go", "go.opentelemetry.io/otel/trace"), true},
		{"fences", imports("store/a.go", "go.opentelemetry.io/otel/trace"), false},

		{"standard", imports("idp/a.go", "time", "net/mail"), true},
		{"standard", imports("idp/a.go", "github.com/google/uuid"), false},
		{"standard", imports("idp/a.go", "vhod/keys"), false},
		{"standard", imports("idp/a_test.go", "vhod/idp"), true},
		{"standard", imports("idp/flow/a.go", "vhod/keys"), true},

		{"doc", source{path: "keys/doc.go", lines: 15}, true},
		{"doc", source{path: "keys/doc.go", lines: 16}, false},
		{"doc", source{path: "keys/ring.go", lines: 3}, false},

		{"length", source{path: "keys/a.go", lines: 400}, true},
		{"length", source{path: "keys/a.go", lines: 401}, false},
		{"length", source{path: "keys/a_test.go", lines: 401}, true},
		{"length", source{path: "ui/catalogue.go", lines: 401}, true},

		{"init", source{path: "keys/a.go"}, true},
		{"init", source{path: "keys/a.go", inits: 1}, false},

		{"names", source{path: "idp/flow/a.go"}, true},
		{"names", source{path: "idp/flow/util/a.go"}, false},
		{"names", source{path: "keys/models/a.go"}, false},

		{"top level", source{path: "keys/a.go"}, true},
		{"top level", source{path: "internal/a.go"}, false},
		{"top level", source{path: "main.go"}, false},
	} {
		wrong := rules[c.rule]([]source{c.file})
		if (len(wrong) == 0) != c.ok {
			t.Errorf("%s: %s importing %v, %d lines: %v", c.rule, c.file.path, c.file.imports, c.file.lines, wrong)
		}
	}
}
