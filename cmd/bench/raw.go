package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"vhod/cmd/rig"
	"vhod/keys"
	"vhod/store"
)

// limits are what the machine can do at best, measured in the same run.
type limits struct {
	ES256, RS256 float64 // CPU ms of one signature
	Hash         float64 // CPU ms of one password hash, as many at once as there are cores
	Commits      []commitLimit
}

// commitLimit is how fast one row can be inserted and committed.
type commitLimit struct {
	Engine      string
	One         float64 // a second, by one connection
	Many        float64 // a second, by as many as the run has
	Connections int
}

const (
	rawTime  = time.Second
	hashTime = 2 * time.Second
)

// repeated is the CPU of one call, in milliseconds.
func repeated(d time.Duration, call func() error) (float64, error) {
	cpu, end, n := ownCPU(), time.Now().Add(d), 0
	for ; time.Now().Before(end); n++ {
		if err := call(); err != nil {
			return 0, err
		}
	}
	return milliseconds(ownCPU()-cpu) / float64(n), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// rawSignatures measures the standard library alone.
func rawSignatures() (es, rs float64, err error) {
	sum := sha256.Sum256([]byte("header.claims"))
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return 0, 0, err
	}
	prime, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return 0, 0, err
	}
	if es, err = repeated(rawTime, func() error {
		_, err := curve.Sign(rand.Reader, sum[:], crypto.SHA256)
		return err
	}); err != nil {
		return 0, 0, err
	}
	rs, err = repeated(rawTime, func() error {
		_, err := prime.Sign(rand.Reader, sum[:], crypto.SHA256)
		return err
	})
	return es, rs, err
}

// hashCost is the CPU of one hash in milliseconds at the provider's default cost,
// with every core hashing, as when many people sign in.
func hashCost(ctx context.Context, d time.Duration) (float64, error) {
	hasher, err := keys.NewHasher(keys.HashConfig{Now: time.Now})
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	var n atomic.Int64
	var failed atomic.Value
	runtime.GC()
	cpu, end := ownCPU(), time.Now().Add(d)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Now().Before(end) {
				if err := hasher.Dummy(ctx, rig.PersonPassword); err != nil {
					failed.Store(err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		return 0, err
	}
	return milliseconds(ownCPU()-cpu) / float64(n.Load()), nil
}

// hashMemory is the most memory that hashes in hand take, in bytes.
func hashMemory() int64 { return int64(runtime.GOMAXPROCS(0)) * 19 << 20 }

// rawCommits measures the engine through the store: an INSERT of one small row.
func rawCommits(ctx context.Context, engine, dsn string, connections int) (commitLimit, error) {
	l := commitLimit{Engine: engine, Connections: connections}
	db, err := store.Open(ctx, store.Config{DSN: dsn, Now: time.Now, MaxConns: connections})
	if err != nil {
		return l, err
	}
	defer db.Close()
	if _, err := db.Q(ctx).Exec(ctx, "CREATE TABLE bench_commit (bench_id BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL)"); err != nil {
		return l, err
	}
	var next atomic.Int64
	insert := func(ctx context.Context, _ *worker) error {
		_, err := db.Q(ctx).Exec(ctx, "INSERT INTO bench_commit (bench_id, word) VALUES ($1, $2)", next.Add(1), "word")
		return err
	}
	idle := func() *rig.Client { return &rig.Client{} }
	l.One = drive(ctx, idle, 1, rawTime, insert).perSecond()
	l.Many = drive(ctx, idle, connections, rawTime, insert).perSecond()
	_, err = db.Q(ctx).Exec(ctx, "DROP TABLE bench_commit")
	return l, err
}

// sqliteFile is a database in a folder.
func sqliteFile(folder, name string) string { return "sqlite:" + filepath.Join(folder, name) }
