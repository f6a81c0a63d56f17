package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestPrefixed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := &prefixed{to: &out, prefix: "relying: "}
	for _, text := range []string{"one\ntw", "o\n", "", "\nthree", "\n" + strings.Repeat("x", maxLine+1)} {
		if n, err := io.WriteString(w, text); err != nil || n != len(text) {
			t.Fatalf("%d of %d bytes, %v", n, len(text), err)
		}
	}
	want := "relying: one\nrelying: two\nrelying: \nrelying: three\nrelying: " + strings.Repeat("x", maxLine+1) + "\n"
	if out.String() != want {
		t.Errorf("%.200q", out.String())
	}
}

func TestStrictJSON(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		`{"a":1}`: true, ` {"a":1} `: true, ``: false, `{`: false, `{"a":1}{"a":2}`: false, `{"a":1} x`: false, `{"b":1}`: false, `{"a":"1"}`: false,
	} {
		var value struct{ A int }
		if err := strictJSON(strings.NewReader(text), &value); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestUsageCode: every command line ends with a code, whatever it is.
func TestUsageCode(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {""}, {"--json"}, {"key"}, {"person", "show"}, {"client", "show", "--data"}, {"serve", "--config"}, {"sandbox", "--addr"}, {"sandbox", "x"}} {
		var stderr bytes.Buffer
		p := &process{ctx: t.Context(), stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr}
		if code := command(p, args); code != exitUsage || stderr.Len() == 0 {
			t.Errorf("%q: code %d, %q", args, code, stderr.String())
		}
	}
}
