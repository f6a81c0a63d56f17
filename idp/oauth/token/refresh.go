package token

import (
	"encoding/binary"
	"math"

	"vhod/keys"
)

// Refresh is a refresh token read: the family and which of its generations. It is
// derived by a keyed hash, so that nothing of it is stored and the successor of a
// token can be made again.
type Refresh struct {
	Reference
	Generation int64
}

// size: reference, generation, version of the key, hash.
const (
	refreshHash = 32
	refreshSize = referenceSize + 4 + 1 + refreshHash
)

// Refresh makes the token of a generation, under the key in use.
func (i *Issuer) Refresh(r Refresh) (string, error) { return i.refresh(r, i.Ring.MACCurrent()) }

func (i *Issuer) refresh(r Refresh, version byte) (string, error) {
	raw := appendReference(make([]byte, 0, refreshSize), r.Reference)
	raw = binary.BigEndian.AppendUint32(raw, uint32(r.Generation)) //nolint:gosec // bounded by ParseRefresh and the store
	raw = append(raw, version)
	mac, err := i.Ring.MACVersion(version, "refresh", raw)
	if err != nil {
		return "", err
	}
	return encoding.EncodeToString(append(raw, mac...)), nil
}

// ParseRefresh reads a token of ours; ok is false for any other.
func (i *Issuer) ParseRefresh(text string) (r Refresh, ok bool) {
	if len(text) != encoding.EncodedLen(refreshSize) {
		return r, false
	}
	raw, err := encoding.DecodeString(text)
	if err != nil {
		return r, false
	}
	body, sum := raw[:refreshSize-refreshHash], raw[refreshSize-refreshHash:]
	mac, err := i.Ring.MACVersion(body[len(body)-1], "refresh", body)
	if err != nil || !keys.MACEqual(mac, sum) {
		return r, false
	}
	r.Reference, ok = readReference(body)
	r.Generation = int64(binary.BigEndian.Uint32(body[referenceSize:]))
	return r, ok && r.Generation < math.MaxUint32
}
