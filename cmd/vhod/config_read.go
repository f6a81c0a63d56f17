package main

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	envPrefix = "VHOD_"
	// envTests is what the tests of the project are told by; no setting.
	envTests = "VHOD_TEST_"
	// envFile ends the name of a variable that tells the file in which a secret
	// stands, instead of the secret.
	envFile = "_FILE"
	// maxConfig bounds the file, in bytes.
	maxConfig = 256 << 10
	// maxSecret bounds the file of a secret.
	maxSecret = 64 << 10
)

// readConfig reads the file and the environment over it, and fills in what both
// leave out. Whether the settings are safe is check's to say.
func readConfig(path string, environ []string) (*config, error) {
	text, err := readBounded(path, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("configuration: %w: name yours with --config, README.md shows the smallest", err)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c := presets()
	if err := c.parse(text); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	if err := c.resolve(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	if err := c.override(environ); err != nil {
		return nil, fmt.Errorf("configuration from the environment: %w", err)
	}
	if err := c.resolve("."); err != nil {
		return nil, fmt.Errorf("configuration from the environment: %w", err)
	}
	c.defaults()
	return c, nil
}

// resolve makes relative paths whole: those of the file are taken from its folder,
// wherever the program is started; those of the environment are of whoever starts it.
func (c *config) resolve(folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	for _, path := range []*string{&c.TLS.Certificate, &c.TLS.Key, &c.KEKFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	if path, ok := strings.CutPrefix(c.Database, "sqlite:"); ok && path != "" && path != ":memory:" && !filepath.IsAbs(path) {
		c.Database = "sqlite:" + filepath.Join(folder, path)
	}
	return nil
}

// readBounded reads a file no longer than limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading only
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return text, nil
}

// parse reads one YAML document. An empty one is an empty configuration.
func (c *config) parse(text []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return yamlError(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one YAML document")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	if wrong := problems(root, reflect.TypeFor[config](), ""); len(wrong) > 0 {
		return errors.New(strings.Join(wrong, ", "))
	}
	return yamlError(root.Decode(c))
}

// yamlError leaves out what the decoder quotes of the file: it may be a secret.
func yamlError(err error) error {
	if err == nil {
		return nil
	}
	var lines []string
	for line := range strings.Lines(err.Error()) {
		before, after, quoted := strings.Cut(strings.TrimSpace(line), "`")
		if i := strings.LastIndexByte(after, '`'); quoted && i >= 0 {
			before += "…" + after[i+1:]
		}
		lines = append(lines, before)
	}
	return errors.New(strings.Join(lines, " "))
}

// problems lists the keys of a mapping that the structure does not have, what is
// no mapping where one belongs, and fractions where the decoder would cut them.
func problems(n *yaml.Node, t reflect.Type, prefix string) []string {
	if n.Kind != yaml.MappingNode {
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
			return nil
		}
		return []string{fmt.Sprintf("%q (line %d): it has keys of its own", strings.TrimSuffix(prefix, "."), n.Line)}
	}
	var wrong []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, ok := fieldByKey(t, key.Value)
		switch kind := field.Type; {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("unknown %q (line %d)", prefix+key.Value, key.Line))
		case kind.Kind() == reflect.Struct:
			wrong = append(wrong, problems(value, kind, prefix+key.Value+".")...)
		case kind.Kind() != reflect.String && !reflect.PointerTo(kind).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) && value.ShortTag() != "!!int" && value.ShortTag() != "!!null":
			wrong = append(wrong, fmt.Sprintf("%q (line %d): no whole number", prefix+key.Value, value.Line))
		}
	}
	return wrong
}

func fieldByKey(t reflect.Type, key string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if field.Tag.Get("yaml") == key {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// variable is the name of a setting in the environment.
func variable(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// override sets what the environment names.
func (c *config) override(environ []string) error {
	known, files := map[string]setting{}, map[string]setting{}
	for s := range settings(c) {
		known[variable(s.key)] = s
		if s.secret != "" {
			files[variable(s.key)+envFile] = s
		}
	}
	var wrong []string
	given := map[string]string{} // setting → what gave it
	for _, text := range environ {
		name, value, _ := strings.Cut(text, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, envTests) {
			continue
		}
		s, ok := known[name]
		var err error
		if !ok {
			// A setting that ends so itself, kek_file, is what it always was.
			if s, ok = files[name]; ok {
				value, err = readSecret(value)
			}
		}
		switch before := given[s.key]; {
		case !ok:
			wrong = append(wrong, "unknown "+name)
			continue
		case err != nil:
			wrong = append(wrong, name+": "+err.Error())
		case before != "" && before != name:
			wrong = append(wrong, before+" and "+name+" together: one is needed")
		default:
			if err := s.set(value); err != nil {
				wrong = append(wrong, name+": "+err.Error())
			}
		}
		given[s.key] = name
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// readSecret reads a secret that stands alone in a file; the end of its line is no
// part of it.
func readSecret(path string) (string, error) {
	text, err := readBounded(path, maxSecret)
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// set reads a value as the environment has it: text.
func (s setting) set(text string) error {
	if u, ok := s.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch kind := s.value.Kind(); {
	case kind == reflect.String:
		s.value.SetString(text)
	case s.value.CanInt():
		n, err := strconv.ParseInt(text, 10, s.value.Type().Bits())
		if err != nil {
			return errors.New("no whole number of its range")
		}
		s.value.SetInt(n)
	case s.value.CanUint():
		n, err := strconv.ParseUint(text, 10, s.value.Type().Bits())
		if err != nil {
			return errors.New("no whole number of its range")
		}
		s.value.SetUint(n)
	default:
		return fmt.Errorf("a setting of kind %s cannot come from the environment", kind)
	}
	return nil
}
