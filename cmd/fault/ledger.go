package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"vhod/cmd/rig"
)

// The states of an operation in the ledger. Of one that was answered 5xx, 429 or not
// at all, nobody knows whether it was done.
const (
	begun        = "begun"
	acknowledged = "acknowledged"
	unknown      = "unknown"
	refused      = "refused"
)

// outcome is the state of an operation that ended so.
func outcome(err error) string {
	var answer *rig.AnswerError
	switch {
	case err == nil:
		return acknowledged
	case errors.As(err, &answer) && answer.Answer.Status < 500 && answer.Answer.Status != http.StatusTooManyRequests:
		return refused
	default:
		return unknown
	}
}

// The kinds of violations.
const (
	lost     = "lost"
	double   = "double"
	forked   = "forked"
	orphaned = "orphaned"
	defect   = "500"
	late     = "late"     // back to normal, or seen elsewhere, later than it may be
	journal  = "journal"  // vhod audit verify found something
	shutOut  = "shut out" // a person, for what the provider failed at
	failed   = "failed"   // a request that nothing excuses
)

// violation is something that must not be.
type violation struct {
	Kind string
	Text string
}

// ledger writes down what was asked for and what was acknowledged, each line before
// the next thing is done, and counts what is wrong.
type ledger struct {
	mu         sync.Mutex
	file       *os.File
	operations int
	unknown    int
	violations []violation
	// successors are what each refresh token was exchanged for; redeemed is how often
	// each code was.
	successors map[string]string
	redeemed   map[string]int
	// defects are answers 5xx without Retry-After, and 500, by what they were asked;
	// unwell is when an answer was last not as usual.
	defects map[string]int
	unwell  time.Time
	unwells int    // how many were not
	failing string // what it was
}

func openLedger(name string) (*ledger, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return &ledger{file: file, successors: map[string]string{}, redeemed: map[string]int{}, defects: map[string]int{}}, err
}

// entry is a line of the ledger.
type entry struct {
	At        time.Time `json:"at"`
	Person    string    `json:"person"`
	Operation string    `json:"operation"`
	State     string    `json:"state"`
	Detail    string    `json:"detail,omitempty"`
}

func (l *ledger) write(person, operation, state, detail string) {
	line, err := json.Marshal(entry{At: time.Now(), Person: person, Operation: operation, State: state, Detail: detail})
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err != nil {
		l.violate(failed, "the ledger cannot be written: %v", err)
	}
}

// do runs an operation between its two lines.
func (l *ledger) do(person, operation string, run func() error) (state string, err error) {
	l.write(person, operation, begun, "")
	err = run()
	state = outcome(err)
	detail := ""
	if err != nil {
		detail = err.Error()
	}
	l.write(person, operation, state, detail)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.operations++
	if state == unknown {
		l.unknown++
	}
	return state, err
}

func (l *ledger) violate(kind, text string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.violations = append(l.violations, violation{kind, fmt.Sprintf(text, args...)})
}

// exchanged notes what a refresh token gave.
func (l *ledger) exchanged(person, token, next string) {
	l.mu.Lock()
	before, known := l.successors[token]
	l.successors[token] = next
	l.mu.Unlock()
	if known && before != next {
		l.violate(forked, "%s: one refresh token was exchanged for two others", person)
	}
}

// spent notes that a code was redeemed.
func (l *ledger) spent(person, code string) {
	l.mu.Lock()
	l.redeemed[code]++
	n := l.redeemed[code]
	l.mu.Unlock()
	if n > 1 {
		l.violate(double, "%s: a code was redeemed %d times", person, n)
	}
}

// answerWithin is how soon at most there is an answer, be it that there is none.
const answerWithin = 8 * time.Second

// seen watches every answer.
func (l *ledger) seen(path string, a rig.Answer, err error, took time.Duration) {
	if took > answerWithin {
		l.violate(late, "%s was answered after %s (%d, %v)", pathOnly(path), took.Round(100*time.Millisecond), a.Status, err)
	}
	wrong := err != nil || a.Status >= 500 || a.Status == http.StatusTooManyRequests
	if !wrong {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unwells++
	l.unwell, l.failing = time.Now(), fmt.Sprintf("%s: %d %v", pathOnly(path), a.Status, err)
	if err == nil && a.Status >= 500 && !a.Polite() {
		l.defects[fmt.Sprintf("%s answered %d without Retry-After", pathOnly(path), a.Status)]++
	}
}

// pathOnly leaves out what a request carries.
func pathOnly(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// lastUnwell is when an answer was last not as usual, and what it was.
func (l *ledger) lastUnwell() (time.Time, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unwell, l.failing
}

// done is how many operations have come to an end.
func (l *ledger) done() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.operations
}

// count is the number of violations of a kind.
func (l *ledger) count(kind string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.violations {
		if v.Kind == kind {
			n++
		}
	}
	return n
}
