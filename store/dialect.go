package store

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
)

// dialectFS shows migrations as one engine must read them. Within a file
//
//	-- postgres:
//	…
//	-- end
//
// and likewise "-- sqlite:" keep their lines for that engine only; each marker
// stands alone on its line, blocks do not nest, everything outside serves both.
// Lines left out become empty, so that numbers in messages stay true.
type dialectFS struct {
	fs.FS
	engine string
}

// Open reads an .sql file through the filter, anything else as it is.
func (d dialectFS) Open(name string) (fs.File, error) {
	if !strings.HasSuffix(name, ".sql") {
		return d.FS.Open(name)
	}
	raw, err := fs.ReadFile(d.FS, name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(d.FS, name)
	if err != nil {
		return nil, err
	}
	text, err := dialect(string(raw), d.engine)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &dialectFile{Reader: bytes.NewReader([]byte(text)), info: info}, nil
}

func dialect(text, engine string) (string, error) {
	lines := strings.Split(text, "\n")
	block := ""
	for i, line := range lines {
		switch marker := strings.TrimSpace(line); marker {
		case "-- " + enginePostgres + ":", "-- " + engineSQLite + ":":
			if block != "" {
				return "", fmt.Errorf("line %d: a dialect block within another", i+1)
			}
			block = strings.TrimSuffix(strings.TrimPrefix(marker, "-- "), ":")
			lines[i] = ""
		case "-- end":
			if block == "" {
				return "", fmt.Errorf("line %d: the end of no dialect block", i+1)
			}
			block, lines[i] = "", ""
		default:
			if block != "" && block != engine {
				lines[i] = ""
			}
		}
	}
	if block != "" {
		return "", fmt.Errorf("the block %q has no end", block)
	}
	return strings.Join(lines, "\n"), nil
}

// dialectFile is a filtered file; only its size differs from the original.
type dialectFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *dialectFile) Stat() (fs.FileInfo, error) {
	return filteredInfo{FileInfo: f.info, size: f.Reader.Size()}, nil
}

func (f *dialectFile) Close() error { return nil }

type filteredInfo struct {
	fs.FileInfo
	size int64
}

func (i filteredInfo) Size() int64 { return i.size }
