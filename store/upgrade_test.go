package store_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"vhod/idp"
	"vhod/keys"
	"vhod/migrations"
	"vhod/store"
	"vhod/store/storetest"
)

// record has TestUpgrade keep the schema of this version with data in it, under
// testdata and the number of its last migration: go test ./store -run TestUpgrade -record.
// Do so with each release, and never again for that number.
var record = flag.Bool("record", false, "keep this version's schema and data for later versions to upgrade from")

// recordedKEK is the key-encryption key of the data of testdata.
const recordedKEK = "recorded:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func openRecorded(t *testing.T, engine string) (*store.DB, *storetest.Clock) {
	t.Helper()
	kek, err := keys.ParseKEK(recordedKEK)
	if err != nil {
		t.Fatal(err)
	}
	clock := storetest.NewClock()
	db, err := store.Open(t.Context(), store.Config{DSN: storetest.DSN(t, engine), Now: clock.Now, KEK: kek})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, clock
}

// TestUpgrade: the database of each version that was recorded, as it was made then
// and with data in it, comes to this version, keeps all and can be read.
func TestUpgrade(t *testing.T) {
	if *record {
		recordVersion(t)
	}
	recorded, err := os.ReadDir("testdata/schema")
	if err != nil || len(recorded) == 0 {
		t.Fatal(recorded, err)
	}
	for _, version := range recorded {
		for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
			t.Run(version.Name()+" "+engine, func(t *testing.T) { upgrade(t, filepath.Join("testdata/schema", version.Name()), engine) })
		}
	}
}

func upgrade(t *testing.T, folder, engine string) {
	ctx := t.Context()
	for name, now := range sqlFiles(t, migrations.FS) {
		if then, err := os.ReadFile(filepath.Join(folder, name)); err == nil && !bytes.Equal(then, now) {
			t.Errorf("%s was changed after it was recorded in %s: write a migration of its own; before a release, record anew", name, folder)
		}
	}
	db, _ := openRecorded(t, engine)
	if err := db.MigrateFrom(ctx, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	before := restoreRecorded(t, db, folder)
	pending, err := db.MigrationPending(ctx)
	if want := len(sqlFiles(t, migrations.FS)) - len(sqlFiles(t, os.DirFS(folder))); err != nil || len(pending) != want {
		t.Fatalf("pending %v, %v; want %d", pending, err, want)
	}
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if pending, err = db.MigrationPending(ctx); err != nil || len(pending) > 0 {
		t.Fatalf("pending after all: %v, %v", pending, err)
	}
	after := backUp(t, db)
	for name, want := range before.Rows {
		if got := after.Rows[name]; got < want {
			t.Errorf("%s: %d rows of %d", name, got, want)
		}
	}
	fresh, _ := storetest.Open(t, engine)
	if a, b := describe(t, db), describe(t, fresh); !reflect.DeepEqual(a, b) {
		t.Errorf("the schema differs from a new one:\n%v\n%v", a, b)
	}
	all, err := db.Wrappings(ctx)
	if err != nil || len(all) != 1 || all[0].Accounts < 2 || !all[0].Opens {
		t.Errorf("keys of accounts: %+v, %v", all, err)
	}
	var oid int64
	if err := db.Q(ctx).QueryRow(ctx, `SELECT MIN(account_id) FROM account`).Scan(&oid); err != nil {
		t.Fatal(err)
	}
	if s, err := db.SubjectByOID(ctx, idp.OID(oid), "", nil); err != nil || s.Profile.Surname != "Тестов" {
		t.Errorf("a person: %+v, %v", s, err)
	}
}

func restoreRecorded(t *testing.T, db *store.DB, folder string) store.Manifest {
	t.Helper()
	var files [2]*bytes.Reader
	for i, name := range []string{"data.gz", "keys.gz"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		files[i] = bytes.NewReader(text)
	}
	m, err := db.Restore(t.Context(), store.Restoring{Data: files[0], Keys: files[1]})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sqlFiles are the migrations of a folder.
func sqlFiles(t *testing.T, folder fs.FS) map[string][]byte {
	t.Helper()
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[name], err = fs.ReadFile(folder, name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// recordVersion keeps this version for those to come.
func recordVersion(t *testing.T) {
	db, clock := openRecorded(t, storetest.SQLite)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, phone := range []string{"+79990000001", "+79990000002"} {
		signIn(t, db, clock, person(t, db, clock, phone))
	}
	if err := db.FillEmptyTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, last := backUp(t, db), ""
	files := sqlFiles(t, migrations.FS)
	for name := range files {
		last = max(last, name)
	}
	number, _, _ := strings.Cut(last, "_")
	files["data.gz"], files["keys.gz"] = b.data, b.keys
	folder := filepath.Join("testdata/schema", number)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
