package store

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestDialect(t *testing.T) {
	const both = "a\n-- postgres:\np\n-- end\nb\n  -- sqlite:\ns\n-- end\nc\n"
	tests := []struct {
		name, text, engine, want string
		fails                    bool
	}{
		{"postgres", both, enginePostgres, "a\n\np\n\nb\n\n\n\nc\n", false},
		{"sqlite", both, engineSQLite, "a\n\n\n\nb\n\ns\n\nc\n", false},
		{"no block", "a -- end\n", engineSQLite, "a -- end\n", false},
		{"nested", "-- postgres:\n-- sqlite:\n-- end\n", engineSQLite, "", true},
		{"never ends", "-- postgres:\n", engineSQLite, "", true},
		{"never begins", "-- end\n", engineSQLite, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := dialectFS{FS: fstest.MapFS{"0001_x.sql": {Data: []byte(tt.text)}}, engine: tt.engine}
			got, err := fs.ReadFile(files, "0001_x.sql")
			if (err != nil) != tt.fails || string(got) != tt.want {
				t.Fatalf("%q, %v", got, err)
			}
		})
	}
}

func TestDialectFSIsAFileSystem(t *testing.T) {
	files := dialectFS{FS: fstest.MapFS{
		"0001_x.sql": {Data: []byte("-- sqlite:\na\n-- end\n")},
		"doc.go":     {Data: []byte("-- end\n")},
	}, engine: enginePostgres}
	info, err := fs.Stat(files, "0001_x.sql")
	if err != nil || info.Size() != 3 {
		t.Fatalf("size %v, %v", info, err)
	}
	if text, err := fs.ReadFile(files, "doc.go"); err != nil || string(text) != "-- end\n" {
		t.Fatalf("another file: %q, %v", text, err)
	}
	if _, err := files.Open("0002_y.sql"); err == nil {
		t.Fatal("opened what is not there")
	}
}
