package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"vhod/idp"
	"vhod/idp/audit"
	"vhod/store"
)

// The terms of an attempt. A lease outlives the attempt by far, so that none is
// made twice at a time.
const (
	lease       = 2 * time.Minute
	timeout     = 30 * time.Second
	maxAttempts = 8
	firstDelay  = 5 * time.Second
	maxDelay    = 10 * time.Minute
)

// do makes one attempt at a job and records what came of it.
func (r *Runner) do(ctx context.Context, j store.Job) error {
	err := r.record(ctx, j, r.call(ctx, j))
	if errors.Is(err, store.ErrStale) {
		// The attempt took longer than the lease, as when the machine slept; whoever
		// took the job over records its outcome.
		return fmt.Errorf("job %s: the lease was lost: %w", j.ID, err)
	}
	return err
}

func (r *Runner) record(ctx context.Context, j store.Job, failure error) error {
	if failure == nil {
		return r.DB.FinishJob(ctx, j, store.JobSent, "", r.Now())
	}
	reason := shortened(failure.Error())
	r.Log.LogAttrs(ctx, slog.LevelWarn, "job", slog.String("kind", j.Kind), slog.String("destination", j.Destination),
		slog.String("job", j.ID.String()), slog.Int64("attempt", j.Attempts), slog.String("error", reason))
	if errors.Is(failure, ErrPermanent) || j.Attempts >= maxAttempts {
		event, err := audit.BySystem(r.Now(), idp.EventMessageDeadLettered, 0, map[string]string{"kind": j.Kind, "destination": j.Destination, "job": j.ID.String()})
		if err != nil {
			return err
		}
		return r.DB.FinishJob(ctx, j, store.JobFailed, reason, r.Now(), event)
	}
	return r.DB.RetryJob(ctx, j, reason, r.Now().Add(delay(j.Attempts)))
}

func (r *Runner) call(ctx context.Context, j store.Job) (err error) {
	if j.Attempts > maxAttempts {
		// The process died at the last attempt, perhaps of this very job.
		return errors.New("no attempt is left")
	}
	handler := r.Handlers[j.Kind]
	if handler == nil {
		// While versions are changed, a process of the newer one knows the kind.
		return fmt.Errorf("no handler for jobs of kind %q", j.Kind)
	}
	defer func() {
		if p := recover(); p != nil {
			// What was thrown may hold what is personal; where it was thrown does not.
			r.Log.LogAttrs(ctx, slog.LevelError, "job panicked", slog.String("kind", j.Kind), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("the handler panicked with a %T", p)
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
		return strings.ToValidUTF8(reason[:maxReason], "")
	}
	return reason
}
