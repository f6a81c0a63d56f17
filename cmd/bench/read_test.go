package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"vhod/cmd/rig"
)

func TestLinesOfTheWAL(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"Transaction/COMMIT       2011 ( 20.00)   93,5 ( 1.0)":                                     nil,
		"Transaction/COMMIT       2011 ( 20.00)   93518 ( 12.40)      0 (  0.00)   93518 ( 11.00)": {"Transaction/COMMIT", "2011", "93518", "0"},
		"Btree/INSERT_LEAF        7 ( 0.05)       448 ( 0.10)      8192 (100.00)   8640 ( 1.00)":   {"Btree/INSERT_LEAF", "7", "448", "8192"},
		"Total                    10055           754 [99.0%]  0 [0.97%]   760 [100%]":             nil,
	} {
		m := walLine.FindStringSubmatch(line)
		if len(m) != 5 != (want == nil) || want != nil && strings.Join(m[1:], " ") != strings.Join(want, " ") {
			t.Errorf("%q: %q", line, m)
		}
	}
}

func TestCPUOfATree(t *testing.T) {
	t.Parallel()
	begun := ownCPU()
	for ownCPU()-begun < 50*time.Millisecond {
		continue
	}
	cpu, err := treeCPU(os.Getpid())
	if err != nil || cpu < 50*time.Millisecond || cpu > ownCPU()+time.Minute {
		t.Errorf("%s, %v; of its own %s", cpu, err, ownCPU())
	}
	if _, err := treeCPU(1 << 30); err == nil {
		t.Error("a process that is not there has used CPU")
	}
	if m, err := readMemory(os.Getpid()); err != nil || m.RSS < 1<<20 || m.Peak < m.RSS {
		t.Errorf("memory %+v, %v", m, err)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	m := measured{timing: timing{Operations: 100}, cost: cost{Server: 150 * time.Millisecond, DB: 60 * time.Millisecond, Trips: 301, WAL: wal{Commits: 200}}}
	m.budget = budget{CPU: 2, Trips: limit(3), Commits: limit(1)}
	if got := m.judge(limits{}, true); got != "cpu≤2 OVER, trips≤3 ok, commits≤1 OVER" {
		t.Error(got)
	}
	m.Server, m.Errors = 20*time.Millisecond, 1
	if got := m.judge(limits{}, false); got != "cpu≤2 ok, trips≤3 ok, 1 errors OVER" {
		t.Error(got)
	}
}

func TestRefusalsAreNoErrors(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	answers := []error{rig.Unexpected("x", rig.Answer{Status: 503, Retry: "2"}), rig.Unexpected("x", rig.Answer{Status: 503}), nil}
	got := drive(ctx, func() *rig.Client { return &rig.Client{} }, 1, time.Minute, func(_ context.Context, w *worker) error {
		if w.turn == len(answers)-1 {
			stop()
		}
		return answers[w.turn]
	})
	if got.Operations != 1 || got.Refused != 1 || got.Errors != 1 {
		t.Errorf("%+v", got)
	}
}
