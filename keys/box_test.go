package keys

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBoxOpensWhatItSealed(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	for _, plaintext := range []string{"", "x", strings.Repeat("state ", 2000)} {
		sealed, err := r.Seal("flow", []byte("cookie"), []byte(plaintext))
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Open("flow", []byte("cookie"), sealed)
		if err != nil || string(got) != plaintext {
			t.Errorf("%d bytes: %v", len(plaintext), err)
		}
	}
	one, _ := r.Seal("flow", nil, []byte("x"))
	two, _ := r.Seal("flow", nil, []byte("x"))
	if one == two {
		t.Error("two seals of one value are the same")
	}
	if _, err := r.Seal("flow", nil, make([]byte, maxBox)); err == nil {
		t.Error("sealed more than Open takes")
	}
}

func TestBoxRefuses(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now)
	good, err := r.Seal("flow", []byte("cookie"), []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := newRing(t, &memory{}, newClock().Now).Seal("flow", []byte("cookie"), []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(name, purpose, aad, sealed string) {
		t.Helper()
		if plaintext, err := r.Open(purpose, []byte(aad), sealed); err != ErrSealed || plaintext != nil { //nolint:errorlint // the one error, not wrapped, is what is promised
			t.Errorf("%s: %q %v", name, plaintext, err)
		}
	}
	for i := range raw {
		altered := bytes.Clone(raw)
		altered[i] ^= 0x81
		refuse("altered", "flow", "cookie", base64.RawURLEncoding.EncodeToString(altered))
		refuse("cut", "flow", "cookie", base64.RawURLEncoding.EncodeToString(raw[:i]))
	}
	refuse("other purpose", "code", "cookie", good)
	refuse("other aad", "flow", "cookie2", good)
	refuse("no aad", "flow", "", good)
	refuse("foreign key", "flow", "cookie", foreign)
	refuse("padding", "flow", "cookie", good+"=")
	refuse("line end", "flow", "cookie", good+"\n")
	refuse("inner line end", "flow", "cookie", good[:8]+"\r\n"+good[8:])
	refuse("space", "flow", "cookie", " "+good)
	refuse("not base64", "flow", "cookie", "!"+good)
	refuse("too long", "flow", "cookie", strings.Repeat("A", maxBox+1))
	if r.current.Load().box[0].Generation != 1 {
		t.Fatal("another generation than the test thinks")
	}
}

func TestBoxOpensUnderARetiredKey(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	sealed, err := r.Seal("flow", nil, []byte("state"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rotate(t.Context(), UseBox, "", Emergency); err != nil {
		t.Fatal(err)
	}
	c.add(48*time.Hour - time.Second)
	if _, err := r.Open("flow", nil, sealed); err != nil {
		t.Errorf("within its time: %v", err)
	}
	c.add(time.Second)
	if _, err := r.Open("flow", nil, sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("past its time: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	r := newRing(f, &memory{}, newClock().Now)
	good, err := r.Seal("flow", nil, []byte("state"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[1:])
	f.Add(strings.Repeat("A", 80))
	f.Add("AQAAAAI" + strings.Repeat("A", 80))
	f.Add("")
	f.Fuzz(func(t *testing.T, sealed string) {
		plaintext, err := r.Open("flow", nil, sealed)
		if (err == nil) != (sealed == good) {
			t.Errorf("%q: %v", sealed, err)
		}
		if err != nil && plaintext != nil {
			t.Error("a plaintext beside an error")
		}
	})
}
