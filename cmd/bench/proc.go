package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of CPU time in /proc, the same on every Linux (USER_HZ).
const tick = 10 * time.Millisecond

// procStat are the fields of /proc/PID/stat that matter here.
type procStat struct {
	parent       int
	cpu, reaped  time.Duration // its own, and that of children it waited for
	pid          int
	stateIsAlive bool
}

func readStat(pid int) (procStat, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return procStat{}, err
	}
	// The name, in parentheses, may hold anything; what follows does not.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 15 {
		return procStat{}, fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	s := procStat{pid: pid, stateIsAlive: fields[0] != "Z"}
	if s.parent, err = strconv.Atoi(fields[1]); err != nil {
		return s, err
	}
	var ticks [4]int64 // utime stime cutime cstime
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return s, err
		}
	}
	s.cpu, s.reaped = time.Duration(ticks[0]+ticks[1])*tick, time.Duration(ticks[2]+ticks[3])*tick
	return s, nil
}

// treeCPU is the CPU time of a process, of its living descendants, and of those of
// them that have ended. Zero is no process.
func treeCPU(root int) (time.Duration, error) {
	if root == 0 {
		return 0, nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	all := map[int]procStat{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, err := readStat(pid); err == nil { // it may have ended meanwhile
			all[pid] = s
		}
	}
	if _, ok := all[root]; !ok {
		return 0, fmt.Errorf("process %d has ended", root)
	}
	var total time.Duration
	for pid, s := range all {
		for at := pid; at > 1; at = all[at].parent {
			if at == root {
				total += s.cpu + s.reaped
				break
			}
		}
	}
	return total, nil
}

// ownCPU is the CPU time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// machineCPU is the busy time of all cores since the machine started.
func machineCPU() (time.Duration, error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	fields := strings.Fields(line)
	if len(fields) < 8 || fields[0] != "cpu" {
		return 0, errors.New("/proc/stat: no line of all cores")
	}
	var busy int64
	for i, f := range fields[1:8] { // user nice system idle iowait irq softirq
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		if i != 3 && i != 4 {
			busy += n
		}
	}
	return time.Duration(busy) * tick, nil
}

// memory is what a process has in memory, in bytes, now and at most.
type memory struct{ RSS, Peak int64 }

func readMemory(pid int) (memory, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return memory{}, err
	}
	var m memory
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		n, _ := strconv.ParseInt(number, 10, 64) // other lines hold other things
		switch name {
		case "VmRSS":
			m.RSS = n << 10
		case "VmHWM":
			m.Peak = n << 10
		}
	}
	return m, nil
}

// resetPeak lets the greatest memory be counted anew; where the system does not
// let us, the peak is that since the start.
func resetPeak(pid int) {
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/clear_refs", []byte("5"), 0)
}

// written is how many bytes a process has sent to the disk.
func written(pid int) int64 {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if text, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64) // zero where it is not told
			return n
		}
	}
	return 0
}

// loadAverage is the first figure of /proc/loadavg.
func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(raw), " ")
	return first
}
