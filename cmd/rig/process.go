package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// Process is a program that this one started and ends.
type Process struct {
	cmd  *exec.Cmd
	Done chan struct{} // closed when it has ended
	err  error         // how it ended; after done
}

// Start starts a program in a process group of its own, so that a Ctrl-C at the
// terminal reaches this program alone, which ends it in order. read, unless nil,
// reads what the program writes to a pipe; the program is waited for after that.
func Start(cmd *exec.Cmd, read func()) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, Done: make(chan struct{})}
	go func() {
		if read != nil {
			read()
		}
		p.err = cmd.Wait()
		close(p.Done)
	}()
	return p, nil
}

// PID is its number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ended tells whether it has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.Done:
		return true
	default:
		return false
	}
}

// Stop asks the program to end, and ends its group when it does not.
func (p *Process) Stop(ask os.Signal, patience time.Duration) {
	if p.Ended() {
		return
	}
	_ = p.cmd.Process.Signal(ask) // it may have ended meanwhile
	select {
	case <-p.Done:
	case <-time.After(patience):
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
		<-p.Done
	}
}

// Kill ends the program alone, without asking, and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended meanwhile
	<-p.Done
}

// Signal sends it a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// unprivileged lets a command run as another user than root, whom PostgreSQL's
// server refuses, and gives that user the folder.
func unprivileged(folder string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(folder, uid, gid); err != nil {
		return nil, fmt.Errorf("folder of PostgreSQL: %w", err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}
