package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

func enqueue(t *testing.T, db *store.DB, clock *storetest.Clock, destination string) store.Job {
	t.Helper()
	j := store.Job{ID: uuid.New(), Kind: "message", Destination: destination, Reference: uuid.New(), Payload: "sealed"}
	if err := db.Write(t.Context(), store.Enqueue(j, clock.Now())); err != nil {
		t.Fatal(err)
	}
	return j
}

// leaseJob takes the one job that is due for a destination.
func leaseJob(t *testing.T, db *store.DB, clock *storetest.Clock, destination string) store.Job {
	t.Helper()
	jobs, err := db.LeaseJobs(t.Context(), destination, clock.Now(), clock.Now().Add(time.Minute), 10)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("leased %+v, %v, want one job", jobs, err)
	}
	return jobs[0]
}

func TestJobIsLeasedOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for range 20 {
			enqueue(t, db, clock, "sms")
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		leased := map[uuid.UUID]int{}
		for range 8 {
			wg.Go(func() {
				jobs, err := db.LeaseJobs(t.Context(), "sms", clock.Now(), clock.Now().Add(time.Minute), 10)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				for _, j := range jobs {
					leased[j.ID]++
				}
			})
		}
		wg.Wait()
		rest, err := db.LeaseJobs(t.Context(), "sms", clock.Now(), clock.Now().Add(time.Minute), 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range rest {
			leased[j.ID]++
		}
		if len(leased) != 20 {
			t.Errorf("%d jobs were leased, want all 20", len(leased))
		}
		for id, n := range leased {
			if n != 1 {
				t.Errorf("job %v was leased %d times", id, n)
			}
		}
	})
}

func TestJobComesToItsEnd(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx, want := t.Context(), enqueue(t, db, clock, "sms")
		if state, err := db.JobState(ctx, want.Reference); state != store.JobQueued || err != nil {
			t.Errorf("state = %q, %v", state, err)
		}
		j := leaseJob(t, db, clock, "sms")
		want.Attempts = 1
		if j != want {
			t.Errorf("leased %+v, want %+v", j, want)
		}
		if err := db.RetryJob(ctx, j, "no answer", clock.Now().Add(10*time.Second)); err != nil {
			t.Fatal(err)
		}
		clock.Advance(9 * time.Second)
		if early, err := db.LeaseJobs(ctx, "sms", clock.Now(), clock.Now(), 10); len(early) != 0 || err != nil {
			t.Errorf("leased before it was due: %+v, %v", early, err)
		}
		clock.Advance(time.Second)
		j = leaseJob(t, db, clock, "sms")
		if err := db.FinishJob(ctx, j, store.JobSent, "", clock.Now()); err != nil {
			t.Fatal(err)
		}
		if state, err := db.JobState(ctx, want.Reference); err != nil || state != store.JobSent {
			t.Errorf("state = %q, %v", state, err)
		}
		if left := count(t, db, "SELECT count(*) FROM job WHERE payload <> ''"); left != 0 {
			t.Error("what was sent is still kept")
		}
		if due, err := db.DueDestinations(ctx, clock.Now().Add(time.Hour)); len(due) != 0 || err != nil {
			t.Errorf("due after all was sent: %v, %v", due, err)
		}
		clock.Advance(31 * 24 * time.Hour)
		if err := db.Purge(ctx, clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.JobState(ctx, want.Reference); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after its term: %v, want ErrNotFound", err)
		}
	})
}

func TestLostLeaseChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx, kept := t.Context(), enqueue(t, db, clock, "sms")
		slow := leaseJob(t, db, clock, "sms")
		clock.Advance(time.Minute)
		quick := leaseJob(t, db, clock, "sms")
		event, err := store.Event(idp.Event{ID: uuid.New(), At: clock.Now(), Name: idp.EventMessageDeadLettered, Actor: "system"})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.FinishJob(ctx, slow, store.JobFailed, "late", clock.Now(), event); !errors.Is(err, store.ErrStale) {
			t.Errorf("finished with a lost lease: %v", err)
		}
		if err := db.RetryJob(ctx, slow, "late", clock.Now()); !errors.Is(err, store.ErrStale) {
			t.Errorf("given back with a lost lease: %v", err)
		}
		if n := count(t, db, "SELECT count(*) FROM event"); n != 0 {
			t.Errorf("%d events of a lost lease", n)
		}
		if err := db.FinishJob(ctx, quick, store.JobFailed, "refused", clock.Now(), event); err != nil {
			t.Fatal(err)
		}
		if state, err := db.JobState(ctx, kept.Reference); state != store.JobFailed || err != nil {
			t.Errorf("state = %q, %v", state, err)
		}
		if n := count(t, db, "SELECT count(*) FROM job WHERE payload = 'sealed' AND last_error = 'refused'"); n != 1 {
			t.Error("a dead letter must keep its payload and the last error")
		}
		if n := count(t, db, "SELECT count(*) FROM event"); n != 1 {
			t.Errorf("%d events of a dead letter", n)
		}
	})
}

func TestDestinationsAreApart(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for range 3 {
			enqueue(t, db, clock, "email")
		}
		clock.Advance(time.Second)
		enqueue(t, db, clock, "sms")
		due, err := db.DueDestinations(t.Context(), clock.Now())
		if err != nil || !slices.Equal(due, []string{"email", "sms"}) {
			t.Errorf("due %v, %v", due, err)
		}
		leaseJob(t, db, clock, "sms")
		jobs, err := db.LeaseJobs(t.Context(), "email", clock.Now(), clock.Now().Add(time.Minute), 2)
		if err != nil || len(jobs) != 2 {
			t.Errorf("leased %+v, %v, want two", jobs, err)
		}
	})
}
