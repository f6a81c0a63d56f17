package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// diskSize is the small disk's. An empty cluster of PostgreSQL takes some 60 MB.
const diskSize = "200m"

// disk is where a database is that is to be full: a tmpfs, or where nobody lets us
// mount one a plain folder.
type disk struct {
	folder  string
	mounted bool
}

func newDisk(parent string, mount bool) (*disk, error) {
	d := &disk{folder: filepath.Join(parent, "disk")}
	if err := os.Mkdir(d.folder, 0o711); err != nil { //nolint:gosec // the database's user passes through
		return nil, err
	}
	if mount {
		d.mounted = syscall.Mount("tmpfs", d.folder, "tmpfs", 0, "mode=0711,size="+diskSize) == nil
	}
	return d, nil
}

func (d *disk) ballast() string { return filepath.Join(d.folder, "ballast") }

// fill takes all the room that is left.
func (d *disk) fill() error {
	f, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 1 << 20; size >= 4096; {
		_, err := f.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			return err
		}
	}
	return nil
}

func (d *disk) close() {
	if d.mounted {
		_ = syscall.Unmount(d.folder, 0) // the folder's removal tells
	}
}

// diskFull lets the database be without room for some seconds.
func diskFull(ctx context.Context, s *stage) (time.Time, string, error) {
	const full = 4 * time.Second
	if !s.disk.mounted {
		if err := s.control.say("pages 1"); err != nil {
			return time.Time{}, "", err
		}
		pause(ctx, full)
		return time.Now(), "max_page_count of SQLite: no tmpfs could be mounted", s.control.say("pages %d", 1<<30)
	}
	for begun := time.Now(); time.Since(begun) < full; pause(ctx, 100*time.Millisecond) {
		if err := s.disk.fill(); err != nil { // what was given back meanwhile too
			return time.Time{}, "", err
		}
	}
	if err := os.Remove(s.disk.ballast()); err != nil {
		return time.Time{}, "", err
	}
	if s.cluster == nil || !s.cluster.Ended() {
		return time.Now(), "a tmpfs of " + diskSize + " was full", nil
	}
	err := s.cluster.Launch(ctx)
	return time.Now(), "a tmpfs of " + diskSize + " was full; PostgreSQL ended by itself and was started again", err
}

// pause waits, unless the run is to stop.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
