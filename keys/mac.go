package keys

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
)

// MAC gives HMAC-SHA256 (32 bytes) of purpose and parts under the current key.
// Parts are joined by length, so that no two lists collide. Use it for what is
// not stored, or lives no longer than Terms.KeepMAC; store MACCurrent beside what
// is, and compute that with MACVersion, since the key may change in between.
func (r *Ring) MAC(purpose string, parts ...[]byte) []byte {
	return use(r.current.Load().mac, r.now()).mac(purpose, parts)
}

// MACCurrent gives the version of the current MAC key.
func (r *Ring) MACCurrent() (version byte) {
	return use(r.current.Load().mac, r.now()).version()
}

// MACVersion is MAC under the key of a version. ErrUnknownKey means that the key
// has ended, and with it what was made under it; any other error, that the
// storage could not be asked.
func (r *Ring) MACVersion(version byte, purpose string, parts ...[]byte) ([]byte, error) {
	if k := r.macKey(version); k != nil {
		return k.mac(purpose, parts), nil
	}
	if !r.macAhead(version) {
		return nil, ErrUnknownKey
	}
	// Another instance may have just made the key.
	if err := r.reread.wait(context.Background()); err != nil {
		return nil, err
	}
	if k := r.macKey(version); k != nil {
		return k.mac(purpose, parts), nil
	}
	return nil, ErrUnknownKey
}

// MACEqual compares two MACs in constant time.
func MACEqual(a, b []byte) bool { return hmac.Equal(a, b) }

func (r *Ring) macKey(version byte) *key {
	now := r.now()
	for _, k := range r.current.Load().mac {
		if k.version() == version && !k.expired(now) {
			return k
		}
	}
	return nil
}

// macAhead tells a version a little newer than the newest key.
func (r *Ring) macAhead(version byte) bool {
	var newest int64
	for _, k := range r.current.Load().mac {
		newest = max(newest, k.Generation)
	}
	ahead := version - byte(newest) // versions wrap, see version
	return ahead > 0 && ahead <= boxAhead
}

// version is the generation in one byte. It wraps after 256 generations: by then
// the key that had it before is long gone.
func (k *key) version() byte { return byte(k.Generation) } // wrapping is meant

func (k *key) mac(purpose string, parts [][]byte) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write(frame(purpose))
	h.Write(frame(parts...))
	return h.Sum(make([]byte, 0, sha256.Size))
}
