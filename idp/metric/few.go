package metric

import "sync"

// other stands for the values of a label that are not told apart.
const other = "other"

// few lets a bounded number of values of a label through, in the order in which
// they come.
type few struct {
	max int

	mu   sync.RWMutex
	seen map[string]struct{}
}

func (f *few) label(value string) string {
	f.mu.RLock()
	_, ok := f.seen[value]
	full := len(f.seen) >= f.max
	f.mu.RUnlock()
	switch {
	case ok:
		return value
	case full:
		return other
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) >= f.max {
		return other
	}
	if f.seen == nil {
		f.seen = map[string]struct{}{}
	}
	f.seen[value] = struct{}{}
	return value
}
