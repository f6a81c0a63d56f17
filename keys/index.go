package keys

import (
	"crypto/hmac"
	"crypto/sha256"
)

const indexSize = 16

// BlindIndex stands in the storage for an identifier that must be found without
// being readable.
type BlindIndex struct {
	Version int16 // generation of the index key
	Value   [indexSize]byte
}

// Index gives the blind indexes of a normalised identifier: HMAC-SHA256 cut to
// 16 bytes under a key for the kind ("phone", "email", "snils", …). The first is
// of the current key; older ones follow while an index rotation is under way.
// All are to be written and all to be looked up, or duplicates slip in: an
// instance that has not seen the new key yet writes the old index only.
func (r *Ring) Index(kind, normalized string) []BlindIndex {
	now := r.now()
	ks := r.current.Load().index
	current := use(ks, now)
	found := []BlindIndex{current.index(kind, normalized)}
	for _, k := range ks {
		// A next key is not written yet: not every instance would look it up.
		if k != current && !k.expired(now) && !k.pending(now) {
			found = append(found, k.index(kind, normalized))
		}
	}
	return found
}

func (k *key) index(kind, normalized string) BlindIndex {
	h := hmac.New(sha256.New, k.indexKey(kind))
	h.Write([]byte(normalized))
	index := BlindIndex{Version: int16(k.Generation)} // index keys are rotated by hand
	copy(index.Value[:], h.Sum(nil))
	return index
}

// indexKey is made once for each kind; kinds are few and the program's own. It is
// the first block of HKDF-Expand (RFC 5869 §2.3); the secret is uniformly random,
// so that there is nothing to extract (§3.3).
func (k *key) indexKey(kind string) []byte {
	if cached, ok := k.derived.Load(kind); ok {
		return cached.([]byte) // an index key derives nothing else
	}
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte("vhod index " + kind))
	h.Write([]byte{1})
	secret := h.Sum(nil)
	k.derived.Store(kind, secret)
	return secret
}
