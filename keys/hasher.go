package keys

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// MaxPassword is the longest password in bytes.
const MaxPassword = 1024

// HashConfig sets the cost of passwords. Zero takes the default.
type HashConfig struct {
	// Cost of new hashes. Default 19 MiB, 2 passes, 1 lane.
	Cost Cost
	// MaxMemory is the most that a stored hash may ask for, in KiB. Default 64 MiB,
	// or Cost.Memory if that is more. Slots × MaxMemory bounds the memory of all.
	MaxMemory uint32
	// Slots is how many hashes run at once. Default GOMAXPROCS.
	Slots int
	// Queue is how long the last one in the queue waits. Default 2 seconds.
	Queue time.Duration
	// Now is the clock that hashes are timed with.
	Now func() time.Time
	// Begun, when given, hears that a hash is asked for, and what it gives that it
	// has ended.
	Begun func(ctx context.Context) (ended func(error))
}

// Hasher hashes passwords with Argon2id (RFC 9106), a bounded number at a time.
// It is safe for concurrent use.
type Hasher struct {
	cost      Cost
	maxMemory uint32
	now       func() time.Time
	limiter   limiter
	dummy     phc
	derive    func(phc, string) []byte
	begun     func(context.Context) func(error)
}

// NewHasher makes one hash to know how long one takes.
func NewHasher(config HashConfig) (*Hasher, error) {
	if config.Now == nil {
		return nil, errors.New("keys: the hasher needs a clock")
	}
	if config.Cost == (Cost{}) {
		config.Cost = Cost{Memory: 19 << 10, Time: 2, Threads: 1}
	}
	if config.MaxMemory == 0 {
		config.MaxMemory = max(64<<10, config.Cost.Memory)
	}
	if config.Slots == 0 {
		config.Slots = runtime.GOMAXPROCS(0)
	}
	if config.Queue == 0 {
		config.Queue = 2 * time.Second
	}
	c := config.Cost
	switch {
	case c.Time < 1 || c.Time > maxTime, c.Threads < 1 || c.Threads > maxThreads:
		return nil, errors.New("keys: Argon2id takes 1 to 16 passes and 1 to 16 lanes")
	case c.Memory < 8*uint32(c.Threads), c.Memory > config.MaxMemory:
		return nil, errors.New("keys: Argon2id memory must be at least 8 KiB a lane and at most the limit of stored hashes")
	case config.Slots < 0 || config.Queue < 0:
		return nil, errors.New("keys: the hasher's slots and queue cannot be negative")
	}
	h := &Hasher{
		cost: c, maxMemory: config.MaxMemory, now: config.Now, derive: phc.derive, begun: config.Begun,
		limiter: limiter{slots: make(chan struct{}, config.Slots), queue: config.Queue},
	}
	h.dummy = phc{cost: c, salt: make([]byte, saltSize)}
	fillRandom(h.dummy.salt)
	begin := h.now()
	h.dummy.tag = h.dummy.derive(RandomToken(saltSize))
	h.limiter.average = max(h.now().Sub(begin), shortestHash)
	return h, nil
}

// Hash gives the PHC string to store for a password, with a new random salt. The
// password's bytes are taken as they are: normalise before. Errors:
// ErrPasswordTooLong, *BusyError, the error of ctx.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	p := phc{cost: h.cost, salt: make([]byte, saltSize)}
	fillRandom(p.salt)
	tag, err := h.work(ctx, p, password)
	if err != nil {
		return "", err
	}
	p.tag = tag
	return p.String(), nil
}

// Verify tells whether password is the one that stored was made of. rehash asks
// for a new Hash of a right password, since the cost or the form of the stored
// one differs from what is configured now. Errors: those of Hash, and ErrPHC.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (ok, rehash bool, err error) {
	p, err := parsePHC(stored, h.maxMemory)
	if err != nil {
		return false, false, err
	}
	tag, err := h.work(ctx, p, password)
	if err != nil {
		return false, false, err
	}
	if !p.matches(tag) {
		return false, false, nil
	}
	return true, p.cost != h.cost || len(p.salt) != saltSize || len(p.tag) != tagSize, nil
}

// Dummy does the work of Verify for an account that does not exist, so that time
// does not tell. Errors: those of Hash.
func (h *Hasher) Dummy(ctx context.Context, password string) error {
	tag, err := h.work(ctx, h.dummy, password)
	if err != nil {
		return err
	}
	h.dummy.matches(tag)
	return nil
}

// Full is a *BusyError while the queue is: what would come to it only after other
// work had better not begin.
func (h *Hasher) Full() error {
	h.limiter.mu.Lock()
	defer h.limiter.mu.Unlock()
	return h.limiter.full()
}

func (h *Hasher) work(ctx context.Context, p phc, password string) (tag []byte, err error) {
	if len(password) > MaxPassword {
		return nil, ErrPasswordTooLong
	}
	if h.begun != nil {
		ended := h.begun(ctx)
		defer func() { ended(err) }()
	}
	if err := h.limiter.acquire(ctx); err != nil {
		return nil, err
	}
	begin := h.now()
	defer func() { h.limiter.release(h.now().Sub(begin)) }()
	return h.derive(p, password), nil
}
