package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// The patience with the relying services.
const (
	childReady = 15 * time.Second
	childClock = 5 * time.Second
	childEnd   = 12 * time.Second // they let requests in hand finish, 10 seconds
)

var errChildEnded = errors.New("the relying services ended by themselves: their log tells why")

// child is the relying services as a process of their own: this very program,
// told its settings on standard input, and ended by the end of that, so also
// when this process is killed.
type child struct {
	process *exec.Cmd
	baseURL string
	stdin   io.WriteCloser
	answers chan clockMessage
	done    chan struct{}
	mu      sync.Mutex // one message at a time
}

// startChild starts the relying services; ready tells when they listen.
func startChild(p *process, settings relyingSettings) (*child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("relying services: %w", err)
	}
	// Not bound to the context: it ends by the end of its standard input, in order.
	process := exec.Command(program) //nolint:noctx,gosec // see above; the program is this one
	process.Args = []string{"vhod", "relying", "--settings", "-"}
	for _, variable := range p.environ {
		if !strings.HasPrefix(variable, envPrefix) {
			process.Env = append(process.Env, variable)
		}
	}
	process.Stderr = &prefixed{to: p.stderr, prefix: "relying: "}
	c := &child{process: process, baseURL: settings.BaseURL, answers: make(chan clockMessage, 1), done: make(chan struct{})}
	if c.stdin, err = process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("relying services: %w", err)
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("relying services: %w", err)
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("relying services: %w", err)
	}
	go c.listen(stdout)
	if err := json.NewEncoder(c.stdin).Encode(settings); err != nil {
		return nil, errors.Join(fmt.Errorf("relying services: %w", err), c.end())
	}
	return c, nil
}

// listen passes on what the process says until it ends.
func (c *child) listen(stdout io.Reader) {
	defer close(c.done)
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, maxSettings)
	for lines.Scan() {
		var m clockMessage
		if json.Unmarshal(lines.Bytes(), &m) == nil {
			select {
			case c.answers <- m:
			default: // nobody waits any more
			}
		}
	}
	// Its exit code says nothing that its log does not.
	_ = c.process.Wait()
}

// ready waits until the process listens, and tells the address for browsers.
func (c *child) ready(ctx context.Context) (string, error) {
	return c.baseURL, c.await(ctx, childReady, func(m clockMessage) bool { return m.Ready != "" })
}

// tell gives the process the clock's offset and waits until it goes by it.
func (c *child) tell(ctx context.Context, offset time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select { // an answer that came too late for the last one
	case <-c.answers:
	default:
	}
	if err := json.NewEncoder(c.stdin).Encode(clockMessage{Offset: duration(offset)}); err != nil {
		return fmt.Errorf("clock of the relying services: %w", err)
	}
	return c.await(ctx, childClock, func(m clockMessage) bool { return time.Duration(m.Offset) >= offset })
}

func (c *child) await(ctx context.Context, patience time.Duration, is func(clockMessage) bool) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case m := <-c.answers:
			if is(m) {
				return nil
			}
		case <-c.done:
			return errChildEnded
		case <-timeout.C:
			return fmt.Errorf("the relying services did not answer within %s", patience)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// ended waits for the end of the process: errChildEnded, or nil when ctx is
// first.
func (c *child) ended(ctx context.Context) error {
	select {
	case <-c.done:
		return errChildEnded
	case <-ctx.Done():
		return nil
	}
}

// end closes the standard input and waits; who does not go is killed.
func (c *child) end() error {
	_ = c.stdin.Close() // the process may be gone
	select {
	case <-c.done:
		return nil
	case <-time.After(childEnd):
	}
	if err := c.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("relying services: %w", err)
	}
	<-c.done
	return nil
}

// prefixed writes whole lines with a prefix.
type prefixed struct {
	to     io.Writer
	prefix string
	part   []byte
}

// maxLine is where a line without end is broken.
const maxLine = 64 << 10

// Write implements io.Writer.
func (w *prefixed) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		w.part = append(w.part, line...)
		if line[len(line)-1] != '\n' && len(w.part) < maxLine {
			continue
		}
		whole := append([]byte(w.prefix), strings.TrimSuffix(string(w.part), "\n")...)
		w.part = w.part[:0]
		if _, err := w.to.Write(append(whole, '\n')); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}
