package keys

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// LoadKEK reads key-encryption keys from the file at path (see ParseKEK). It
// refuses a file that anybody but its owner may read or write. A missing file
// is an error that errors.Is fs.ErrNotExist.
func LoadKEK(path string) (KEK, error) {
	file, err := os.Open(path) // the path is the operator's configuration
	if err != nil {
		return nil, fmt.Errorf("keys: key-encryption key file: %w", err)
	}
	defer func() { _ = file.Close() }() // opened for reading only
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("keys: key-encryption key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("keys: key-encryption key file %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("keys: key-encryption key file %s has mode %04o: others may reach it; run chmod 600 on it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKEKText+1))
	if err != nil {
		return nil, fmt.Errorf("keys: key-encryption key file: %w", err)
	}
	kek, err := ParseKEK(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return kek, nil
}

// CreateKEKFile makes a new random key-encryption key in a new file that only
// its owner may read. A file that exists is never touched: the error then
// errors.Is fs.ErrExist.
func CreateKEKFile(path string) (KEK, error) {
	var id [4]byte
	var secret [kekSize]byte
	fillRandom(id[:])
	fillRandom(secret[:])
	text := "kek-" + hex.EncodeToString(id[:]) + ":" + base64.StdEncoding.EncodeToString(secret[:]) + "\n"
	kek, err := ParseKEK(text)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // the path is the operator's configuration
	if err != nil {
		return nil, fmt.Errorf("keys: key-encryption key file: %w", err)
	}
	_, err = file.WriteString(text)
	if err == nil {
		// Sync before anything is wrapped: a key lost with the power would lose all it wrapped.
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("keys: key-encryption key file: %w", err), os.Remove(path))
	}
	return kek, nil
}
