//go:build ignore

// Summary reads the events of go test -json, shows each package's closing line and
// what failed, and ends with what was skipped and one line that says how it went.
// It exits 1 when anything failed, when nothing ran, or, under CI=true, when
// anything was skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

type name struct{ pkg, test string }

type summary struct {
	out             io.Writer
	lines           map[name][]string
	running         map[string]bool // packages without a verdict
	passed          int
	failed, skipped []string
}

func main() {
	begun := time.Now()
	s := summary{out: os.Stdout, lines: map[name][]string{}, running: map[string]bool{}}
	if err := s.read(os.Stdin); err != nil {
		s.failed = append(s.failed, "the events of go test: "+err.Error())
	}
	for pkg := range s.running {
		s.fail(name{pkg: pkg}) // go test itself was ended
	}
	if !s.close(time.Since(begun).Round(time.Second), os.Getenv("CI") == "true") {
		os.Exit(1)
	}
}

func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				fmt.Fprint(s.out, line) // the go command's own words
			} else {
				s.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	n := name{e.Package, e.Test}
	if e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
		delete(s.running, e.Package)
	}
	switch e.Action {
	case "start":
		s.running[e.Package] = true
	case "output":
		if e.Test == "" {
			s.closing(e.Output)
			return
		}
		for _, noise := range []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME"} {
			if strings.HasPrefix(e.Output, noise) {
				return
			}
		}
		s.lines[n] = append(s.lines[n], e.Output)
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "build-fail":
		s.failed = append(s.failed, e.ImportPath+" (does not build)")
	case "pass":
		if e.Test != "" {
			s.passed++
		}
		delete(s.lines, n)
	case "skip":
		if e.Test != "" {
			s.skipped = append(s.skipped, e.Package+" "+e.Test+reason(s.lines[n]))
		}
		delete(s.lines, n)
	case "fail":
		s.fail(n)
	}
}

// closing shows what a package says itself, except the bare verdict.
func (s *summary) closing(line string) {
	if line != "PASS\n" && line != "FAIL\n" {
		fmt.Fprint(s.out, line)
	}
}

func (s *summary) fail(n name) {
	if n.test != "" {
		s.failed = append(s.failed, n.pkg+" "+n.test)
		s.show(n)
		return
	}
	// A package that ended early leaves tests without a verdict.
	for open := range s.lines {
		if open.pkg == n.pkg {
			s.failed = append(s.failed, open.pkg+" "+open.test+" (did not end)")
			s.show(open)
		}
	}
	s.failed = append(s.failed, n.pkg)
}

func (s *summary) show(n name) {
	fmt.Fprintf(s.out, "\n%s %s\n%s\n", n.pkg, n.test, strings.Join(s.lines[n], ""))
	delete(s.lines, n)
}

// reason is what the test said when it skipped itself.
func reason(lines []string) string {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--- SKIP") {
			return ": " + line
		}
	}
	return ""
}

func (s *summary) close(took time.Duration, strict bool) bool {
	fmt.Fprintln(s.out)
	for _, f := range s.failed {
		fmt.Fprintln(s.out, "failed:  "+f)
	}
	for _, k := range s.skipped {
		fmt.Fprintln(s.out, "skipped: "+k)
	}
	ok, why := true, ""
	switch {
	case len(s.failed) > 0:
		ok = false
	case s.passed == 0:
		ok, why = false, " (no test ran)"
	case strict && len(s.skipped) > 0:
		ok, why = false, " (under CI=true nothing may be skipped)"
	case len(s.skipped) > 0:
		why = fmt.Sprintf(" (but %d skipped)", len(s.skipped))
	}
	verdict := "PASSED"
	if !ok {
		verdict = "FAILED"
	}
	fmt.Fprintf(s.out, "%d passed, %d failed, %d skipped in %s\n", s.passed, len(s.failed), len(s.skipped), took)
	fmt.Fprintf(s.out, "TESTS %s%s\n", verdict, why)
	return ok
}
