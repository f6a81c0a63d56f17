package keys

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// From the test vectors of the reference implementation of Argon2 (version 0x13, Argon2id).
const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

// cheap is the least cost that Argon2id knows.
func cheap(t testing.TB, change ...func(*HashConfig)) *Hasher {
	t.Helper()
	config := HashConfig{Cost: Cost{Memory: 8, Time: 1, Threads: 1}, Now: time.Now}
	for _, c := range change {
		c(&config)
	}
	h, err := NewHasher(config)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestKnownVector(t *testing.T) {
	h := cheap(t)
	ok, rehash, err := h.Verify(t.Context(), known, "password")
	if err != nil || !ok || !rehash {
		t.Errorf("the right password: %v %v %v", ok, rehash, err)
	}
	if ok, rehash, err = h.Verify(t.Context(), known, "differentpassword"); err != nil || ok || rehash {
		t.Errorf("a wrong password: %v %v %v", ok, rehash, err)
	}
	p, err := parsePHC(known, 1<<16)
	if err != nil || p.String() != known {
		t.Errorf("%s %v", p, err)
	}
}

func TestDefaultCost(t *testing.T) {
	h := cheap(t, func(c *HashConfig) { c.Cost = Cost{} })
	stored, err := h.Hash(t.Context(), "пароль")
	if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s %v", stored, err)
	}
	ok, rehash, err := h.Verify(t.Context(), stored, "пароль")
	if err != nil || !ok || rehash {
		t.Errorf("%v %v %v", ok, rehash, err)
	}
	again, err := h.Hash(t.Context(), "пароль")
	if err != nil || again == stored {
		t.Error("two hashes of one password are the same")
	}
	raised := cheap(t, func(c *HashConfig) { c.Cost = Cost{Memory: 19456, Time: 3, Threads: 1} })
	if ok, rehash, err = raised.Verify(t.Context(), stored, "пароль"); err != nil || !ok || !rehash {
		t.Errorf("after the cost was raised: %v %v %v", ok, rehash, err)
	}
	if _, rehash, _ = raised.Verify(t.Context(), stored, "другой"); rehash {
		t.Error("a wrong password is to be hashed anew")
	}
	if err := h.Dummy(t.Context(), "пароль"); err != nil {
		t.Error(err)
	}
}

func TestParsePHCRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":            "",
		"too long":         known + strings.Repeat("A", maxPHC),
		"argon2i":          strings.Replace(known, "argon2id", "argon2i", 1),
		"old version":      strings.Replace(known, "v=19", "v=16", 1),
		"no version":       strings.Replace(known, "$v=19", "", 1),
		"gigabytes":        strings.Replace(known, "m=65536", "m=4194304", 1),
		"one over":         strings.Replace(known, "m=65536", "m=65537", 1),
		"too little":       strings.Replace(known, "m=65536", "m=7", 1),
		"lanes for memory": strings.Replace(known, "m=65536,t=2,p=1", "m=16,t=2,p=3", 1),
		"too many passes":  strings.Replace(known, "t=2", "t=17", 1),
		"no pass":          strings.Replace(known, "t=2", "t=0", 1),
		"too many lanes":   strings.Replace(known, "p=1", "p=17", 1),
		"overflow":         strings.Replace(known, "p=1", "p=4294967297", 1),
		"no lane":          strings.Replace(known, "p=1", "p=0", 1),
		"sign":             strings.Replace(known, "t=2", "t=+2", 1),
		"leading zero":     strings.Replace(known, "t=2", "t=02", 1),
		"order":            strings.Replace(known, "m=65536,t=2", "t=2,m=65536", 1),
		"extra parameter":  strings.Replace(known, "p=1", "p=1,keyid=x", 1),
		"short salt":       strings.Replace(known, "c29tZXNhbHQ", "c29t", 1),
		"padding":          known + "=",
		"line end":         known + "\n",
		"short tag":        known[:len(known)-30],
		"no tag":           known[:strings.LastIndex(known, "$")],
		"more fields":      known + "$",
	} {
		if p, err := parsePHC(text, 1<<16); !errors.Is(err, ErrPHC) {
			t.Errorf("%s: %+v %v", name, p, err)
		}
		if _, _, err := cheap(t).Verify(t.Context(), text, "password"); !errors.Is(err, ErrPHC) {
			t.Errorf("%s: verify: %v", name, err)
		}
	}
}

func TestPasswordLength(t *testing.T) {
	h := cheap(t)
	longest := strings.Repeat("п", MaxPassword/2)
	stored, err := h.Hash(t.Context(), longest)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Verify(t.Context(), stored, longest); err != nil || !ok {
		t.Errorf("%v %v", ok, err)
	}
	if _, err := h.Hash(t.Context(), longest+"x"); !errors.Is(err, ErrPasswordTooLong) {
		t.Errorf("hash: %v", err)
	}
	if ok, _, err := h.Verify(t.Context(), stored, longest+"x"); ok || !errors.Is(err, ErrPasswordTooLong) {
		t.Errorf("verify: %v %v", ok, err)
	}
	if err := h.Dummy(t.Context(), longest+"x"); !errors.Is(err, ErrPasswordTooLong) {
		t.Errorf("dummy: %v", err)
	}
	for _, password := range []string{"", "a\x00b"} {
		stored, err := h.Hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _, err := h.Verify(t.Context(), stored, password); err != nil || !ok {
			t.Errorf("%q: %v %v", password, ok, err)
		}
		if ok, _, err := h.Verify(t.Context(), stored, "a"); err != nil || ok {
			t.Errorf("%q taken for another: %v %v", password, ok, err)
		}
	}
}

// Under a flood the slots are never exceeded, the queue holds two seconds, the
// rest is refused at once, and those in the queue are all served.
func TestFloodIsRefusedPolitely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slots, each, flood = 2, 50 * time.Millisecond, 500
		h := cheap(t, func(c *HashConfig) { c.Slots = slots })
		var running, most atomic.Int32
		h.limiter.average = each
		h.derive = func(phc, string) []byte {
			now := running.Add(1)
			for {
				seen := most.Load()
				if now <= seen || most.CompareAndSwap(seen, now) {
					break
				}
			}
			time.Sleep(each)
			running.Add(-1)
			return make([]byte, tagSize)
		}
		begin := time.Now()
		var served, refused atomic.Int32
		var group sync.WaitGroup
		for range flood {
			group.Go(func() {
				_, err := h.Hash(t.Context(), "password")
				var busy *BusyError
				switch {
				case err == nil:
					served.Add(1)
				case errors.As(err, &busy):
					refused.Add(1)
					if !errors.As(h.Full(), &busy) {
						t.Error("refused by a queue that says it has room")
					}
					if time.Since(begin) != 0 {
						t.Errorf("refused after %s, want at once", time.Since(begin))
					}
					if busy.RetryAfter < 2*time.Second || busy.RetryAfter > 4*time.Second {
						t.Errorf("retry after %s", busy.RetryAfter)
					}
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		// 2 s of 50 ms on two slots wait, and two run.
		if served.Load() != 82 || refused.Load() != flood-82 {
			t.Errorf("served %d, refused %d", served.Load(), refused.Load())
		}
		if l := h.Load(); l != (HashLoad{Slots: slots, Capacity: l.Capacity, Done: 82, Refused: flood - 82}) || l.Capacity < 1 {
			t.Errorf("load after the flood: %+v", l)
		}
		if most.Load() != slots {
			t.Errorf("%d ran at once, want %d", most.Load(), slots)
		}
		if took := time.Since(begin); took > 2*time.Second+2*each {
			t.Errorf("the last one waited %s", took)
		}
		if err := h.Full(); err != nil {
			t.Errorf("full after the flood: %v", err)
		}
		if _, err := h.Hash(t.Context(), "password"); err != nil {
			t.Errorf("after the flood: %v", err)
		}
	})
}

func TestWaitingHonoursTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := cheap(t, func(c *HashConfig) { c.Slots = 1 })
		release := make(chan struct{})
		h.derive = func(phc, string) []byte { <-release; return make([]byte, tagSize) }
		done := make(chan error, 1)
		go func() { done <- h.Dummy(t.Context(), "first") }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Dummy(ctx, "second"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waited: %v", err)
		}
		if err := h.Dummy(ctx, "third"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("came too late: %v", err)
		}
		if h.limiter.waiting != 0 {
			t.Errorf("%d wait still", h.limiter.waiting)
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := h.Dummy(t.Context(), "fourth"); err != nil {
			t.Error(err)
		}
	})
}

func TestAverageFollowsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := cheap(t, func(c *HashConfig) { c.Slots = 1 })
		h.derive = func(phc, string) []byte { time.Sleep(100 * time.Millisecond); return make([]byte, tagSize) }
		for range 50 {
			if err := h.Dummy(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
		}
		if a := h.limiter.average; a < 95*time.Millisecond || a > 100*time.Millisecond {
			t.Errorf("average %s, want nearly 100ms", a)
		}
		if c := h.limiter.capacity(); c < 20 || c > 21 {
			t.Errorf("the queue holds %d, want 20", c)
		}
	})
}

// Real hashes: the memory of a flood is that of the slots, not of the callers.
func TestFloodBoundsMemory(t *testing.T) {
	const slots, memory, callers = 2, 16 << 10, 64
	h := cheap(t, func(c *HashConfig) {
		c.Slots = slots
		c.Cost = Cost{Memory: memory, Time: 1, Threads: 1}
	})
	runtime.GC()
	var before, during runtime.MemStats
	runtime.ReadMemStats(&before)
	stop := make(chan struct{})
	peak := make(chan uint64)
	go func() {
		var most uint64
		for {
			runtime.ReadMemStats(&during)
			most = max(most, during.HeapAlloc)
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			var busy *BusyError
			if err := h.Dummy(t.Context(), "password"); err != nil && !errors.As(err, &busy) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	close(stop)
	most := <-peak
	// The collector lets garbage grow to the size of what lives before it runs: twice the slots, and one block each on top.
	if bound := before.HeapAlloc + 4*slots*memory<<10; most > bound {
		t.Errorf("%d MiB at the peak, want at most %d MiB; %d callers at once would be %d MiB", most>>20, bound>>20, callers, callers*memory>>10)
	}
}

func TestHashConfigIsChecked(t *testing.T) {
	for name, config := range map[string]HashConfig{
		"no clock":        {},
		"no pass":         {Now: time.Now, Cost: Cost{Memory: 64, Threads: 1}},
		"no lane":         {Now: time.Now, Cost: Cost{Memory: 64, Time: 1}},
		"too little":      {Now: time.Now, Cost: Cost{Memory: 7, Time: 1, Threads: 1}},
		"above the limit": {Now: time.Now, Cost: Cost{Memory: 65, Time: 1, Threads: 1}, MaxMemory: 64},
		"negative slots":  {Now: time.Now, Cost: Cost{Memory: 64, Time: 1, Threads: 1}, Slots: -1},
	} {
		if _, err := NewHasher(config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add(known)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$c29tZXNhbHQ$")
	f.Add("$$$$$")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePHC(text, 1<<16)
		if err != nil {
			return
		}
		if p.String() != text {
			t.Errorf("%q has the second form %q", text, p)
		}
		if p.cost.Memory > 1<<16 || p.cost.Time > maxTime || p.cost.Threads > maxThreads {
			t.Errorf("%+v is beyond the limits", p.cost)
		}
	})
}
