package keys

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseKEK(t *testing.T) {
	kek := mustKEK(t, "# made in March\n\n  "+kekB+"\r\n"+kekA)
	if kek.ID() != "b" {
		t.Errorf("wraps with %s, want the first", kek.ID())
	}
	secret := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for name, text := range map[string]string{
		"nothing":        "",
		"comments only":  "# a\n",
		"no id":          secret,
		"empty id":       ":" + secret,
		"space in id":    "a b:" + secret,
		"id too long":    strings.Repeat("a", maxKEKID+1) + ":" + secret,
		"short key":      "a:AAAAAAAAAAAAAAAAAAAAAA==",
		"long key":       "a:AAAA" + secret,
		"not base64":     "a:!" + secret[1:],
		"trailing bits":  "a:" + strings.Replace(secret, "A=", "B=", 1),
		"twice":          kekA + kekA,
		"too much":       strings.Repeat("#", maxKEKText+1),
		"wrong 2nd line": kekA + "b",
	} {
		_, err := ParseKEK(text)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: the error repeats the key: %v", name, err)
		}
	}
}

func TestKEKWraps(t *testing.T) {
	a, both := mustKEK(t, kekA), mustKEK(t, kekB+kekA)
	wrapped, err := a.Wrap([]byte("secret"), []byte("owner"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kek := range []KEK{a, both} {
		if got, err := kek.Unwrap(wrapped, []byte("owner")); err != nil || string(got) != "secret" {
			t.Errorf("%s: %q %v", kek.ID(), got, err)
		}
	}
	if _, err := mustKEK(t, kekB).Unwrap(wrapped, []byte("owner")); !errors.Is(err, ErrSealed) {
		t.Errorf("under another key: %v", err)
	}
	if _, err := a.Unwrap(wrapped, []byte("other")); !errors.Is(err, ErrSealed) {
		t.Errorf("of another owner: %v", err)
	}
	for i := range wrapped {
		altered := bytes.Clone(wrapped)
		altered[i] ^= 3
		if _, err := both.Unwrap(altered, []byte("owner")); !errors.Is(err, ErrSealed) {
			t.Errorf("byte %d altered: %v", i, err)
		}
		if _, err := both.Unwrap(wrapped[:i], []byte("owner")); !errors.Is(err, ErrSealed) {
			t.Errorf("cut to %d: %v", i, err)
		}
	}
	if _, err := a.Wrap(make([]byte, maxWrapped), nil); err == nil {
		t.Error("wrapped more than Unwrap takes")
	}
	moved, changed, err := Rewrap(both, wrapped, []byte("owner"))
	if err != nil || !changed {
		t.Fatalf("rewrap: %v %v", changed, err)
	}
	if id, err := WrappedBy(moved); err != nil || id != "b" {
		t.Errorf("rewrapped by %s: %v", id, err)
	}
	if same, changed, err := Rewrap(both, moved, []byte("owner")); err != nil || changed || !bytes.Equal(same, moved) {
		t.Errorf("rewrapped again: %v %v", changed, err)
	}
}

func TestKEKFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kek")
	if _, err := LoadKEK(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	made, err := CreateKEKFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	loaded, err := LoadKEK(path)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := made.Wrap([]byte("secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := loaded.Unwrap(wrapped, nil); err != nil || string(got) != "secret" {
		t.Errorf("%q %v", got, err)
	}
	before, _ := os.ReadFile(path)
	if _, err := CreateKEKFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second key over the first: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKEK(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if _, err := LoadKEK(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}
