package rig

import (
	"strings"
	"testing"
)

func TestLogIsCounted(t *testing.T) {
	t.Parallel()
	l := Counting{Ready: make(chan string, 1)}
	l.Read(strings.NewReader(`{"msg":"ready","listen":"127.0.0.1:4711"}
{"msg":"request","route":"/login","status":200,"trips":3}
{"msg":"request","route":"/login","status":503,"trips":12,"error":"x"}
{"msg":"something else"}
`))
	if l.Trips.Load() != 15 || l.Failures.Load() != 1 {
		t.Errorf("%d trips, %d failures", l.Trips.Load(), l.Failures.Load())
	}
	if at := <-l.Ready; at != "127.0.0.1:4711" {
		t.Errorf("ready at %q", at)
	}
}

func TestCodeAndFields(t *testing.T) {
	t.Parallel()
	for _, a := range []Answer{
		{Location: Redirect + "?code=a%2Bb&state=s"},
		{Body: []byte(`<meta http-equiv="refresh" content="0; url=` + Redirect + `?code=a%2Bb&amp;state=s">`)},
	} {
		if code, err := CodeOf(a); err != nil || code != "a+b" {
			t.Errorf("%q, %v", code, err)
		}
	}
	if code, err := CodeOf(Answer{Location: Redirect + "?error=access_denied"}); err == nil {
		t.Errorf("a refusal gives the code %q", code)
	}
	if got := FlowOf([]byte(`<input type="hidden" name="flow" value="a&#43;b">`)); got != "a+b" {
		t.Error(got)
	}
}
