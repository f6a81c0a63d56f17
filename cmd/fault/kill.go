package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// killServer kills the server and starts it again, three times.
func killServer(ctx context.Context, s *stage) (ended time.Time, note string, err error) {
	for range 3 {
		if ended, _, err = killOnce(ctx, s); err != nil {
			return ended, "", err
		}
		pause(ctx, time.Second)
	}
	return ended, "three times", nil
}

// killOnce kills the server and starts it again at once.
func killOnce(ctx context.Context, s *stage) (time.Time, string, error) {
	killed := time.Now()
	s.providers[0].Kill()
	_, err := s.providers[0].Start(ctx)
	return killed, "", err
}

// killPostmaster kills PostgreSQL and starts it again.
func killPostmaster(ctx context.Context, s *stage) (time.Time, string, error) {
	s.cluster.Kill()
	// Its children notice by themselves; until they have, none can follow it.
	var err error
	for range 50 {
		if err = s.cluster.Launch(ctx); err == nil || ctx.Err() != nil {
			break
		}
		pause(ctx, 100*time.Millisecond)
	}
	return time.Now(), "", err
}

// killBackend kills one of PostgreSQL's processes that serve the provider: then all
// of them begin anew, and the fault ends when they have.
func killBackend(ctx context.Context, s *stage) (time.Time, string, error) {
	var pid int64
	err := s.cluster.Watch.Q(ctx).QueryRow(ctx, `SELECT CAST(pid AS BIGINT) FROM pg_stat_activity WHERE usename = 'vhod' ORDER BY state_change DESC LIMIT 1`).Scan(&pid)
	if err != nil {
		return time.Time{}, "", err
	}
	if pid <= 1 {
		return time.Time{}, "", errors.New("no backend was found")
	}
	if err := syscall.Kill(int(pid), syscall.SIGKILL); err != nil {
		return time.Time{}, "", err
	}
	killed := time.Now()
	for pause(ctx, 200*time.Millisecond); ctx.Err() == nil && time.Since(killed) < time.Minute; pause(ctx, 20*time.Millisecond) {
		if s.cluster.Watch.Ping(ctx) == nil {
			break
		}
	}
	ready := time.Now()
	return ready, fmt.Sprintf("PostgreSQL was itself again %s after", ready.Sub(killed).Round(10*time.Millisecond)), nil
}

// killOne kills one of two servers; it comes back later.
func killOne(ctx context.Context, s *stage) (time.Time, string, error) {
	killed := time.Now()
	s.providers[1].Kill()
	pause(ctx, 500*time.Millisecond)
	s.balance(s.addresses[0])
	pause(ctx, 2*time.Second)
	_, err := s.providers[1].Start(ctx)
	s.balance(s.addresses...)
	return killed, "a balancer notices half a second later", err
}

// roll puts a new server in the place of the old one, which is asked to stop, while
// the socket stays open; three times.
func roll(ctx context.Context, s *stage) (ended time.Time, note string, err error) {
	for range 3 {
		old := s.providers[0]
		next, err := s.again()
		if err != nil {
			return ended, "", err
		}
		if _, err := next.Start(ctx); err != nil {
			return ended, "", err
		}
		s.providers[0] = next
		s.stopped = append(s.stopped, old)
		old.Stop(syscall.SIGTERM, 30*time.Second)
		ended = time.Now()
	}
	return ended, "three times", nil
}
