package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vhod/cmd/rig"
)

// worker is one of those that make requests, each waiting for its answer.
type worker struct {
	*rig.Client
	number int
	turn   int // how many operations it has begun
}

// timing is how a number of operations went.
type timing struct {
	Operations int           `json:"operations"`
	Refused    int           `json:"refused"` // politely: see errRefused
	Errors     int           `json:"errors"`
	Took       time.Duration `json:"took_ns"`
	P50        time.Duration `json:"p50_ns"`
	P99        time.Duration `json:"p99_ns"`
	FirstError string        `json:"first_error,omitempty"`
}

func (t timing) perSecond() float64 { return float64(t.Operations) / t.Took.Seconds() }

// drive runs an operation in a closed loop at some concurrency for a time. What is
// begun within the time is brought to its end and counts.
func drive(ctx context.Context, dial func() *rig.Client, connections int, d time.Duration, operation func(context.Context, *worker) error) timing {
	var wg sync.WaitGroup
	var stop atomic.Bool
	var mu sync.Mutex
	var t timing
	var all []time.Duration
	begun := time.Now()
	timer := time.AfterFunc(d, func() { stop.Store(true) })
	defer timer.Stop()
	for n := range connections {
		wg.Go(func() {
			w := &worker{Client: dial(), number: n}
			defer w.Close()
			var took []time.Duration
			failed, refused, first := 0, 0, ""
			for ; !stop.Load() && ctx.Err() == nil; w.turn++ {
				at := time.Now()
				if err := operation(ctx, w); errors.Is(err, rig.ErrRefused) {
					refused++
					continue
				} else if err != nil {
					failed++
					if first == "" {
						first = err.Error()
					}
					continue
				}
				took = append(took, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			t.Errors += failed
			t.Refused += refused
			if t.FirstError == "" {
				t.FirstError = first
			}
		})
	}
	wg.Wait()
	t.Took, t.Operations = time.Since(begun), len(all)
	t.P50, t.P99 = percentiles(all)
	return t
}

func percentiles(all []time.Duration) (p50, p99 time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

// cost is what a number of operations used, of the system's and the database's own
// accounting.
type cost struct {
	Server time.Duration // CPU; on SQLite the database is part of it
	DB     time.Duration // CPU of PostgreSQL's processes
	Driver time.Duration // CPU of this program
	Others time.Duration // CPU of everything else on the machine
	Trips  int64
	Failed int64 // requests answered 5xx, of the provider's log
	Disk   int64 // bytes that the server sent to the disk
	// Of PostgreSQL alone.
	Statements int64
	WAL        wal
	Before     memory
	After      memory
}

// meter reads what a system under test uses.
type meter struct {
	provider *rig.Provider
	cluster  *rig.Cluster // nil on SQLite
}

func (m *meter) database() int {
	if m.cluster == nil {
		return 0
	}
	return m.cluster.PID()
}

// measure tells what happens to the counters while something runs.
func (m *meter) measure(ctx context.Context, run func()) (c cost, err error) {
	var from, to position
	if m.cluster != nil {
		if from, err = positionOf(ctx, m.cluster); err != nil {
			return c, err
		}
	}
	resetPeak(m.provider.PID())
	if c.Before, err = readMemory(m.provider.PID()); err != nil {
		return c, err
	}
	trips, failed, disk := m.provider.Lines.Trips.Load(), m.provider.Lines.Failures.Load(), written(m.provider.PID())
	before, err := m.cpu()
	if err != nil {
		return c, err
	}
	run()
	after, err := m.cpu()
	if err != nil {
		return c, err
	}
	c.Server, c.DB, c.Driver = after.server-before.server, after.db-before.db, after.driver-before.driver
	c.Others = max(0, after.machine-before.machine-c.Server-c.DB-c.Driver)
	if c.After, err = readMemory(m.provider.PID()); err != nil {
		return c, err
	}
	time.Sleep(50 * time.Millisecond) // the last lines of the log
	c.Trips, c.Failed, c.Disk = m.provider.Lines.Trips.Load()-trips, m.provider.Lines.Failures.Load()-failed, written(m.provider.PID())-disk
	if m.cluster == nil {
		return c, nil
	}
	if to, err = positionOf(ctx, m.cluster); err != nil {
		return c, err
	}
	c.Statements = to.statements - from.statements
	c.WAL, err = walOf(ctx, m.cluster, from.lsn, to.lsn)
	return c, err
}

type cpuTimes struct{ server, db, driver, machine time.Duration }

func (m *meter) cpu() (t cpuTimes, err error) {
	if t.machine, err = machineCPU(); err != nil {
		return t, err
	}
	if t.server, err = treeCPU(m.provider.PID()); err != nil {
		return t, fmt.Errorf("the server: %w", err)
	}
	if t.db, err = treeCPU(m.database()); err != nil {
		return t, fmt.Errorf("the database: %w", err)
	}
	t.driver = ownCPU()
	return t, nil
}
