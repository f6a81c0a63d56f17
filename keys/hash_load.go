package keys

// HashLoad is how the queue of password hashes stands.
type HashLoad struct {
	Running, Waiting int
	// Slots is how many may run, Capacity how many may wait.
	Slots, Capacity int
	// Done and Refused are totals since the start: hashes made, and askers who were
	// turned away with a *BusyError.
	Done, Refused int64
}

// Load tells how the queue stands.
func (h *Hasher) Load() HashLoad { return h.limiter.load() }

func (l *limiter) load() HashLoad {
	l.mu.Lock()
	defer l.mu.Unlock()
	return HashLoad{
		Running: len(l.slots), Waiting: l.waiting, Slots: cap(l.slots), Capacity: l.capacity(), Done: l.done, Refused: l.refused,
	}
}
