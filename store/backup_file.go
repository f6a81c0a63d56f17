package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// The kinds of files of a backup.
const (
	kindData = "data"
	kindKeys = "account keys"
)

// backupVersion is of the format: gzip over JSON lines. The first is the header,
// then comes each table with its rows, and last the end with the SHA-256 of all
// before it. A file without its end was cut off.
const backupVersion = 1

type backupLine struct {
	Header *backupHeader `json:"vhod_backup,omitempty"`
	Table  *table        `json:"table,omitempty"`
	Row    []any         `json:"row,omitempty"`
	End    *backupEnd    `json:"end,omitempty"`
}

type backupHeader struct {
	Version int    `json:"version"`
	Kind    string `json:"kind"`
	Manifest
}

type backupEnd struct {
	Rows   map[string]int64 `json:"rows"`
	SHA256 string           `json:"sha256"`
}

type backupWriter struct {
	zip  *gzip.Writer
	out  *bufio.Writer
	hash hash.Hash
	json *json.Encoder
}

func newBackupWriter(to io.Writer, kind string, m Manifest) (*backupWriter, error) {
	zip, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	w := &backupWriter{zip: zip, hash: sha256.New()}
	w.out = bufio.NewWriterSize(io.MultiWriter(zip, w.hash), 1<<16)
	w.json = json.NewEncoder(w.out)
	w.json.SetEscapeHTML(false)
	m.Rows = nil // the end tells them
	return w, w.line(backupLine{Header: &backupHeader{Version: backupVersion, Kind: kind, Manifest: m}})
}

func (w *backupWriter) line(l backupLine) error { return w.json.Encode(l) }

// end closes the file; without it all before counts for nothing.
func (w *backupWriter) end(rows map[string]int64) error {
	if err := w.out.Flush(); err != nil {
		return err
	}
	end := &backupEnd{Rows: rows, SHA256: hex.EncodeToString(w.hash.Sum(nil))}
	return errors.Join(w.line(backupLine{End: end}), w.out.Flush(), w.zip.Close())
}

var errCutOff = errors.New("the file was cut off: it has no end")

type backupReader struct {
	in     *bufio.Reader
	hash   hash.Hash
	header backupHeader
}

func newBackupReader(from io.Reader, kind string) (*backupReader, error) {
	zip, err := gzip.NewReader(from)
	if err != nil {
		return nil, errors.New("it is no backup")
	}
	r := &backupReader{in: bufio.NewReaderSize(zip, 1<<16), hash: sha256.New()}
	l, err := r.line()
	switch {
	case errors.Is(err, errCutOff):
		return nil, err
	case err != nil || l.Header == nil:
		return nil, errors.New("it is no backup")
	case l.Header.Version != backupVersion:
		return nil, fmt.Errorf("it is of the format %d, not %d", l.Header.Version, backupVersion)
	case l.Header.Kind != kind:
		return nil, fmt.Errorf("it holds %s, not %s", l.Header.Kind, kind)
	}
	r.header = *l.Header
	return r, nil
}

// line is the next one; the end is told once its hash was found right and nothing
// follows it.
func (r *backupReader) line() (backupLine, error) {
	var l backupLine
	raw, err := r.in.ReadBytes('\n')
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return l, errCutOff
	} else if err != nil {
		return l, fmt.Errorf("it is damaged: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		return l, errors.New("it is damaged: a line cannot be read")
	}
	if l.End == nil {
		r.hash.Write(raw)
		return l, nil
	}
	if l.End.SHA256 != hex.EncodeToString(r.hash.Sum(nil)) {
		return l, errors.New("it was changed: its hash is another")
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) { // the checksum of gzip is compared here
		return l, errors.New("it is damaged: something follows its end")
	}
	return l, nil
}
