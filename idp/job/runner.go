package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/store"
)

// Handler does a job. The job's id is the same at each attempt, so that a
// neighbour can tell a repetition.
type Handler func(ctx context.Context, j store.Job) error

// ErrPermanent marks an error after which trying again is of no use.
var ErrPermanent = errors.New("permanent failure")

// The runner's terms.
const (
	poll        = 250 * time.Millisecond
	parallel    = 8
	lease       = 2 * time.Minute
	timeout     = 30 * time.Second
	maxAttempts = 8
	firstDelay  = 5 * time.Second
	maxDelay    = 10 * time.Minute
)

// Runner takes jobs and does them.
type Runner struct {
	DB       *store.DB
	Now      idp.Clock
	Log      *slog.Logger
	Handlers map[string]Handler
}

// Run works until ctx ends, and lets what it has begun come to its end.
func (r *Runner) Run(ctx context.Context) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		for {
			n, err := r.Once(ctx)
			if err != nil && ctx.Err() == nil {
				r.Log.LogAttrs(ctx, slog.LevelWarn, "outbox", slog.String("error", err.Error()))
			}
			if err != nil || n < parallel {
				break
			}
		}
	}
}

// Once does the jobs that are due, a handful, and tells how many there were.
func (r *Runner) Once(ctx context.Context) (int, error) {
	now := r.Now()
	jobs, err := r.DB.LeaseJobs(ctx, now, now.Add(lease), parallel)
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, j := range jobs {
		wg.Go(func() {
			// The end of the server must not cut off what has been begun.
			if failed := r.do(context.WithoutCancel(ctx), j); failed != nil {
				mu.Lock()
				defer mu.Unlock()
				err = errors.Join(err, failed)
			}
		})
	}
	wg.Wait()
	return len(jobs), err
}

func (r *Runner) do(ctx context.Context, j store.Job) error {
	failure := r.call(ctx, j)
	if failure == nil {
		return r.DB.FinishJob(ctx, j.ID, store.JobSent, "", r.Now())
	}
	reason := shortened(failure.Error())
	r.Log.LogAttrs(ctx, slog.LevelWarn, "job", slog.String("kind", j.Kind), slog.String("job", j.ID.String()), slog.Int64("attempt", j.Attempts), slog.String("error", reason))
	if errors.Is(failure, ErrPermanent) || j.Attempts >= maxAttempts {
		event, err := audit.BySystem(r.Now(), idp.EventMessageDeadLettered, 0, map[string]string{"kind": j.Kind, "job": j.ID.String()})
		if err != nil {
			return err
		}
		return r.DB.FinishJob(ctx, j.ID, store.JobFailed, reason, r.Now(), event)
	}
	return r.DB.RetryJob(ctx, j.ID, reason, r.Now().Add(delay(j.Attempts)))
}

func (r *Runner) call(ctx context.Context, j store.Job) (err error) {
	handler := r.Handlers[j.Kind]
	if handler == nil {
		return fmt.Errorf("no handler for jobs of kind %q: %w", j.Kind, ErrPermanent)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return handler(ctx, j)
}

// delay doubles with each attempt, give or take a quarter, so that neighbours
// that come back are not met by all at once.
func delay(attempts int64) time.Duration {
	d := min(firstDelay<<min(attempts-1, 16), maxDelay)
	return d*3/4 + time.Duration(rand.Int64N(int64(d/2))) //nolint:gosec // a delay, not a secret
}

const maxReason = 200

func shortened(reason string) string {
	if len(reason) > maxReason {
		return reason[:maxReason]
	}
	return reason
}
