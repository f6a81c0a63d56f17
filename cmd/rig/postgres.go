package rig

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vhod/store"
)

// Cluster is a PostgreSQL server of one's own in a temporary folder. It keeps its
// promises of durability; only checkpoints stay away while it is measured.
type Cluster struct {
	*Process
	bin, folder string
	port        string
	settings    []string
	user        *syscall.SysProcAttr
	Watch       *store.DB // as superuser, whose statements are not counted
	DSN         string    // the provider's
	Statements  bool      // pg_stat_statements is there
}

// PostgresFolder finds the programs of the newest PostgreSQL server.
func PostgresFolder() (string, error) {
	var all []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		all = append(all, found...)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Trim(filepath.Base(filepath.Dir(filepath.Dir(path))), "pgsql-"))
		return n
	}
	if len(all) > 0 {
		return filepath.Dir(slices.MaxFunc(all, func(a, b string) int { return version(a) - version(b) })), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("no PostgreSQL server is installed (Debian: postgresql)")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return filepath.Dir(path), nil
}

// StartCluster makes and starts a server in a folder; role vhod owns the database
// vhod. bin is the folder of PostgreSQL's programs, looked for when empty; settings
// are more of them, name=value.
func StartCluster(ctx context.Context, bin, parent string, settings ...string) (*Cluster, error) {
	var err error
	if bin == "" {
		if bin, err = PostgresFolder(); err != nil {
			return nil, err
		}
	}
	c := &Cluster{bin: bin, folder: filepath.Join(parent, "postgres"), settings: settings}
	if err := os.Mkdir(c.folder, 0o700); err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := os.WriteFile(filepath.Join(c.folder, "password"), []byte(password), 0o644); err != nil { //nolint:gosec // the folder is closed, and the server's user must read it
		return nil, err
	}
	if c.user, err = unprivileged(c.folder); err != nil {
		return nil, err
	}
	if out, err := c.Program(ctx, "initdb", "--pgdata="+c.Data(), "--username=postgres", "--pwfile="+filepath.Join(c.folder, "password"),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if c.port, err = FreePort(ctx); err != nil {
		return nil, err
	}
	if err := c.Launch(ctx); err != nil {
		return nil, err
	}
	admin := fmt.Sprintf("postgres://postgres:%s@%s/postgres?sslmode=disable", password, c.Address())
	if err := c.prepare(ctx, admin, password); err != nil {
		c.Close()
		return nil, err
	}
	c.DSN = fmt.Sprintf("postgres://vhod:%s@%s/vhod?sslmode=disable", password, c.Address())
	return c, nil
}

// AddDatabase makes another empty database of the role vhod, and tells its address.
func (c *Cluster) AddDatabase(ctx context.Context, name string) (string, error) {
	if _, err := c.Watch.Q(ctx).Exec(ctx, "CREATE DATABASE "+name+" OWNER vhod"); err != nil {
		return "", fmt.Errorf("PostgreSQL: %w", err)
	}
	return strings.Replace(c.DSN, "/vhod?", "/"+name+"?", 1), nil
}

// Data is the folder of the database's files.
func (c *Cluster) Data() string { return filepath.Join(c.folder, "data") }

// Program is one of PostgreSQL's programs, as the server's user.
func (c *Cluster) Program(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...) //nolint:gosec // a program of the operator's choice
	cmd.Dir, cmd.SysProcAttr = c.folder, c.user
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd
}

// Address is the server's, host:port.
func (c *Cluster) Address() string { return "127.0.0.1:" + c.port }

// Launch starts the server, again after it was killed, and waits until it is ready.
func (c *Cluster) Launch(ctx context.Context) error {
	log, err := os.Create(filepath.Join(c.folder, "server.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", c.Data(), "-p", c.port}
	for _, setting := range append([]string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=" + c.folder, "max_connections=300", "shared_buffers=256MB",
		"checkpoint_timeout=1d", "max_wal_size=16GB", // a checkpoint would fall on one row or another
		"jit=off", "max_parallel_workers_per_gather=0", "timezone=UTC", "logging_collector=off",
	}, c.settings...) {
		args = append(args, "-c", setting)
	}
	library, _ := filepath.Glob(filepath.Join(filepath.Dir(c.bin), "lib", "pg_stat_statements.so"))
	if c.Statements = len(library) > 0; c.Statements {
		args = append(args, "-c", "shared_preload_libraries=pg_stat_statements", "-c", "pg_stat_statements.max=1000")
	}
	// Not bound to the context: it is stopped in order, after what uses it.
	cmd := c.Program(context.WithoutCancel(ctx), "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	if c.Process, err = Start(cmd, nil); err != nil {
		return err
	}
	for range 600 {
		pid, err := os.ReadFile(filepath.Join(c.Data(), "postmaster.pid"))
		if lines := strings.Split(string(pid), "\n"); err == nil && len(lines) > 7 &&
			lines[0] == strconv.Itoa(c.PID()) && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		if c.Ended() || ctx.Err() != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.Stop(syscall.SIGQUIT, stopPatience)
	text, _ := os.ReadFile(log.Name())
	return fmt.Errorf("PostgreSQL did not start:\n%s", text)
}

// prepare makes the provider's role and database and the counters.
func (c *Cluster) prepare(ctx context.Context, admin, password string) error {
	var err error
	if c.Watch, err = store.Open(ctx, store.Config{DSN: admin, Now: time.Now, MaxConns: 2}); err != nil {
		return err
	}
	statements := []string{"CREATE ROLE vhod LOGIN PASSWORD '" + password + "'", "CREATE DATABASE vhod OWNER vhod"}
	if c.Statements {
		statements = append(statements, "CREATE EXTENSION pg_stat_statements")
	}
	for _, statement := range statements {
		if _, err := c.Watch.Q(ctx).Exec(ctx, statement); err != nil {
			return fmt.Errorf("PostgreSQL: %w", err)
		}
	}
	return nil
}

// Close stops the server at once: nothing in it is wanted any more.
func (c *Cluster) Close() {
	if c.Watch != nil {
		c.Watch.Close()
	}
	if c.Process != nil {
		c.Stop(syscall.SIGQUIT, stopPatience)
	}
}

// stopPatience is what a server has to end.
const stopPatience = 20 * time.Second

// FreePort is a port of the loopback that was free a moment ago.
func FreePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
