package job_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"vhod/store"
	"vhod/store/storetest"
)

// A neighbour that hangs holds up its own jobs alone, and no more of them at a
// time than the limit.
func TestSlowDestinationHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	var now, excess, emails atomic.Int64
	hang, sms, all := make(chan struct{}), make(chan struct{}, 1), make(chan struct{})
	r, _ := newRunner(db, clock, func(_ context.Context, j store.Job) error {
		if j.Destination == "sms" {
			sms <- struct{}{}
			return nil
		}
		if now.Add(1) > 3 {
			excess.Add(1)
		}
		<-hang
		now.Add(-1)
		if emails.Add(1) == 12 {
			close(all)
		}
		return nil
	})
	r.Parallel = 3
	for range 12 {
		enqueue(t, db, clock, "message", "email")
	}
	stop := run(t, r)
	for now.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	enqueue(t, db, clock, "message", "sms")
	r.Wake()
	wait(t, sms, "the SMS waits for the e-mails")
	close(hang)
	wait(t, all, "the e-mails were not sent after all")
	stop()
	if excess.Load() != 0 {
		t.Errorf("more than 3 e-mails at a time, %d times", excess.Load())
	}
}

func TestWakeFindsTheJobAtOnce(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	done := make(chan time.Time, 1)
	r, _ := newRunner(db, clock, func(context.Context, store.Job) error {
		done <- time.Now()
		return nil
	})
	run(t, r)
	best := time.Hour
	for range 5 {
		// Announced before it is committed, as a queued message is.
		r.Wake()
		enqueue(t, db, clock, "message", "sms")
		committed := time.Now()
		select {
		case at := <-done:
			best = min(best, at.Sub(committed))
		case <-time.After(patience):
			t.Fatal("the job was not done")
		}
	}
	// Far below the pause between two looks; the best of five, since the machine
	// may be busy with something else.
	if best > 60*time.Millisecond {
		t.Errorf("the quickest job was begun %v after it was committed", best)
	}
}

func TestStopLetsEndWhatIsBegun(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	begun, finish := make(chan struct{}), make(chan struct{})
	r, _ := newRunner(db, clock, func(ctx context.Context, _ store.Job) error {
		close(begun)
		<-finish
		return ctx.Err()
	})
	kept := enqueue(t, db, clock, "message", "sms")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	wait(t, begun, "the job was not begun")
	cancel()
	select {
	case <-ended:
		t.Error("the runner did not wait for what it had begun")
	case <-time.After(20 * time.Millisecond):
	}
	close(finish)
	wait(t, ended, "the runner does not stop")
	expectState(t, db, kept, store.JobSent)
}
