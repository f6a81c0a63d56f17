package keys

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"
)

// key is a record with its opened material.
type key struct {
	*Record
	*material
}

func (k *key) record() *Record { return k.Record }

// snapshot is what the ring knows at a moment. It is never changed, only
// replaced; states are worked out from its times at each use.
type snapshot struct {
	records []Record // all, expired ones too, by use, algorithm, generation
	slots   map[slot][]*key
	sign    map[string][]*key // by algorithm, newest first, as are the next four
	box     []*key
	mac     []*key
	index   []*key
	audit   []*key
	kids    map[string]*key // signing keys
	newest  int64           // greatest generation of a box key seen
	jwks    []byte
	etag    string
}

// build opens the records, reusing what is open already.
func (r *Ring) build(records []Record) (*snapshot, error) {
	now := r.now()
	known := map[string]*key{}
	if before := r.current.Load(); before != nil {
		for _, ks := range before.slots {
			for _, k := range ks {
				known[k.KID] = k
			}
		}
	}
	s := &snapshot{
		records: slices.Clone(records),
		slots:   map[slot][]*key{},
		sign:    map[string][]*key{},
		kids:    map[string]*key{},
	}
	slices.SortFunc(s.records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Use, b.Use), cmp.Compare(a.Alg, b.Alg), cmp.Compare(a.Generation, b.Generation))
	})
	for _, sl := range r.slots {
		for _, record := range ofSlot(s.records, sl) {
			if sl.use == UseBox {
				s.newest = max(s.newest, record.Generation)
			}
			if record.expired(now) {
				continue
			}
			k := &key{Record: record}
			if old := known[record.KID]; old != nil && old.slot() == sl && old.Generation == record.Generation && bytes.Equal(old.sealed, record.Sealed) {
				k.material = old.material
			} else {
				m, err := open(r.kek, record)
				if err != nil {
					return nil, err
				}
				k.material = m
			}
			s.slots[sl] = append(s.slots[sl], k)
		}
		if _, ok := active(s.slots[sl], (*key).record, now); !ok {
			return nil, fmt.Errorf("%w: no usable key for %s %s", ErrUnknownKey, sl.use, sl.alg)
		}
		switch ks := s.slots[sl]; sl.use {
		case UseSign:
			s.sign[sl.alg] = ks
			for _, k := range ks {
				s.kids[k.KID] = k
			}
		case UseBox:
			s.box = ks
		case UseMAC:
			s.mac = ks
		case UseIndex:
			s.index = ks
		case UseAudit:
			s.audit = ks
		}
	}
	return s, s.publish()
}

// use picks the key in use of a symmetric list. Such a list always has one when
// it is built; should its last key expire before the next read, the newest goes
// on rather than nothing.
func use(ks []*key, now time.Time) *key {
	if k, ok := active(ks, (*key).record, now); ok {
		return k
	}
	return ks[0]
}

func (s *snapshot) info(record *Record, now time.Time) Info {
	info := Info{
		KID: record.KID, Use: record.Use, Alg: record.Alg, Generation: record.Generation,
		CreatedAt: record.CreatedAt, ActivateAt: record.ActivateAt, RetireAt: record.RetireAt, ExpireAt: record.ExpireAt,
	}
	if id, err := WrappedBy(record.Sealed); err == nil {
		info.WrappedBy = id
	}
	current, ok := active(ofSlot(s.records, record.slot()), itself, now)
	switch {
	case record.expired(now):
		info.State = StateExpired
	case ok && current.KID == record.KID:
		info.State = StateActive
	case record.pending(now):
		info.State = StateNext
	default:
		info.State = StateRetired
	}
	return info
}
