package main

import (
	"fmt"
	"strings"
	"time"
)

// What a start, an idle server and a polite refusal may take.
const (
	readyBudget   = 150 * time.Millisecond
	sandboxBudget = time.Second
	idleBudget    = 50 << 20
	refusalBudget = 5 * time.Millisecond
)

// budget is what a row may cost. Zero CPU or peak and nil limits are no budget.
type budget struct {
	CPU        float64 // ms an operation, server and database
	Signatures float64 // CPU as a multiple of one raw ES256 signature
	Trips      *float64
	Commits    *float64
	WAL        *float64 // bytes an operation, without page images
	Peak       int64    // bytes of memory
}

func limit(n float64) *float64 { return &n }

// perOperation shares a total out.
func (m *measured) perOperation(total float64) float64 {
	if m.Operations == 0 {
		return 0
	}
	return total / float64(m.Operations)
}

// cpu is the CPU of one operation in milliseconds, server and database.
func (m *measured) cpu() float64 { return m.perOperation(milliseconds(m.Server + m.DB)) }

// judge says for each budget of the row whether it is kept. What is counted per
// operation may be off by what the provider does beside, a hundredth.
func (m *measured) judge(l limits, postgres bool) string {
	var said []string
	say := func(ok bool, text string, args ...any) { said = append(said, fmt.Sprintf(text, args...)+kept(ok)) }
	b := m.budget
	if b.CPU > 0 {
		say(m.cpu() <= b.CPU, "cpu≤%g", b.CPU)
	}
	if b.Signatures > 0 && l.ES256 > 0 {
		say(m.cpu() <= b.Signatures*l.ES256, "cpu≤%g×ES256=%.2f", b.Signatures, b.Signatures*l.ES256)
	}
	counted := func(value int64, most *float64, text string) {
		if most != nil {
			say(m.perOperation(float64(value)) <= *most*1.01+0.01, text+"≤%g", *most)
		}
	}
	counted(m.Trips, b.Trips, "trips")
	if postgres {
		counted(m.WAL.Commits, b.Commits, "commits")
		counted(m.WAL.Records, b.WAL, "wal")
	}
	if b.Peak > 0 {
		say(m.After.Peak <= b.Peak, "peak≤%dMB", b.Peak>>20)
	}
	if m.Errors > 0 {
		say(false, "%d errors", m.Errors)
	}
	return strings.Join(said, ", ")
}
