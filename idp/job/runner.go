package job

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vhod/idp"
	"vhod/store"
)

// Handler does a job. The job's id is the same at each attempt, so that a
// neighbour can tell a repetition. The text of its error is logged and kept: it
// must hold nothing personal.
type Handler func(ctx context.Context, j store.Job) error

// ErrPermanent marks an error after which trying again is of no use.
var ErrPermanent = errors.New("permanent failure")

// poll is how long jobs wait that nobody announced by Wake: those of a process
// that has died, those put off, those of a clock that was moved.
const poll = 250 * time.Millisecond

// parallel is how many jobs go to one destination at a time.
const parallel = 16

// Runner takes jobs and does them. Any number of processes may run one on the
// same store. The fields are set before Run and not changed after.
type Runner struct {
	DB  *store.DB
	Now idp.Clock
	Log *slog.Logger
	// Handlers by the kind of job.
	Handlers map[string]Handler
	// Turned, when given, hears how each look for jobs ended.
	Turned func(err error)
	// Parallel is how many jobs go to one destination at a time; zero is 16.
	Parallel int

	once  sync.Once
	woken chan struct{}
	mu    sync.Mutex
	busy  map[string]int // jobs being done, by destination
}

// Wake tells that a job is about to be committed: it is looked for within
// milliseconds. It never blocks.
func (r *Runner) Wake() {
	select {
	case r.wakes() <- struct{}{}:
	default:
	}
}

func (r *Runner) wakes() chan struct{} {
	r.once.Do(func() { r.woken = make(chan struct{}, 1) })
	return r.woken
}

// looks are the pauses between the looks that follow a wake-up, since the commit
// it announces takes a moment.
func looks() []time.Duration {
	return []time.Duration{3 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond}
}

// Run works until ctx ends, and lets what it has begun come to its end.
func (r *Runner) Run(ctx context.Context) error {
	var begun sync.WaitGroup
	defer begun.Wait()
	after, look := looks(), len(looks())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wakes():
			// One wake-up after another must not put off the first look for ever.
			if look != 0 {
				look = 0
				timer.Reset(after[0])
			}
			continue
		case <-timer.C:
		}
		_, err := r.begin(ctx, &begun, func(err error) { r.warn(ctx, err) })
		if err != nil && ctx.Err() == nil {
			r.warn(ctx, err)
		}
		if r.Turned != nil {
			r.Turned(err)
		}
		wait := poll
		if look = min(look+1, len(after)); look < len(after) {
			wait = after[look]
		}
		timer.Reset(wait)
	}
}

// Once does the jobs that are due, a handful for each destination, and tells how
// many there were.
func (r *Runner) Once(ctx context.Context) (int, error) {
	var begun sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	n, err := r.begin(ctx, &begun, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failures = append(failures, err)
	})
	begun.Wait()
	return n, errors.Join(append(failures, err)...)
}

// begin takes the jobs that are due and that there is room for, and does each on
// the side; failed hears what kept a job's outcome from being recorded.
func (r *Runner) begin(ctx context.Context, begun *sync.WaitGroup, failed func(error)) (int, error) {
	now := r.Now()
	destinations, err := r.DB.DueDestinations(ctx, now)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, destination := range destinations {
		room := r.reserve(destination)
		if room == 0 {
			continue
		}
		jobs, leaseErr := r.DB.LeaseJobs(ctx, destination, now, now.Add(lease), room)
		err = errors.Join(err, leaseErr)
		r.release(destination, room-len(jobs))
		total += len(jobs)
		for _, j := range jobs {
			begun.Go(func() {
				defer r.done(destination)
				// The end of the server must not cut off what has been begun.
				if err := r.do(context.WithoutCancel(ctx), j); err != nil {
					failed(err)
				}
			})
		}
	}
	return total, err
}

// reserve takes all the room that a destination has.
func (r *Runner) reserve(destination string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy == nil {
		r.busy = map[string]int{}
	}
	room := r.limit() - r.busy[destination]
	r.busy[destination] += room
	return room
}

func (r *Runner) release(destination string, n int) (wasFull bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wasFull = r.busy[destination] == r.limit()
	if r.busy[destination] -= n; r.busy[destination] == 0 {
		delete(r.busy, destination)
	}
	return wasFull
}

// done makes room, and looks for more where there was none.
func (r *Runner) done(destination string) {
	if r.release(destination, 1) {
		r.Wake()
	}
}

func (r *Runner) limit() int {
	if r.Parallel > 0 {
		return r.Parallel
	}
	return parallel
}

func (r *Runner) warn(ctx context.Context, err error) {
	r.Log.LogAttrs(ctx, slog.LevelWarn, "outbox", slog.String("error", err.Error()))
}
