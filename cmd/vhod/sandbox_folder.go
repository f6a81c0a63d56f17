package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vhod/keys"
)

// sandboxFolder is where a sandbox keeps what outlives it; its owner's alone.
type sandboxFolder string

func (f sandboxFolder) kek() string      { return filepath.Join(string(f), "kek") }
func (f sandboxFolder) clock() string    { return filepath.Join(string(f), "clock") }
func (f sandboxFolder) people() string   { return filepath.Join(string(f), "people.json") }
func (f sandboxFolder) services() string { return filepath.Join(string(f), "services.json") }
func (f sandboxFolder) relying() string  { return filepath.Join(string(f), "relying.json") }

// database is the address given, else a file of the folder.
func (f sandboxFolder) database(dsn string) string {
	if dsn != "" {
		return dsn
	}
	return "sqlite:" + filepath.Join(string(f), "vhod.db")
}

// openKEK makes the folder and the key-encryption key at the first start.
func (f sandboxFolder) openKEK() (keys.KEK, error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, fmt.Errorf("sandbox folder: %w", err)
	}
	kek, err := keys.CreateKEKFile(f.kek())
	if errors.Is(err, fs.ErrExist) {
		return keys.LoadKEK(f.kek())
	}
	return kek, err
}

// sandboxServices are the credentials of the seeded services, made at the first
// start.
type sandboxServices struct {
	BankSecret    string `json:"bank_secret"`
	StateKey      string `json:"state_key"` // PEM, P-256
	MachineSecret string `json:"machine_secret"`
}

func (f sandboxFolder) openServices() (*sandboxServices, error) {
	var s sandboxServices
	err := readJSON(f.services(), &s)
	if !errors.Is(err, fs.ErrNotExist) {
		return &s, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("key of the state service: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("key of the state service: %w", err)
	}
	s = sandboxServices{
		BankSecret: keys.RandomToken(32), MachineSecret: keys.RandomToken(32),
		StateKey: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
	return &s, writeJSON(f.services(), s)
}

// maxState bounds a file of the folder, in bytes.
const maxState = 8 << 20

func readJSON(path string, value any) error {
	text, err := readBounded(path, maxState)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// writeJSON replaces a file whole, so that a crash leaves the old one.
func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	next := path + ".new"
	if err := os.WriteFile(next, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
