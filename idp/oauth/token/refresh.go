package token

import (
	"encoding/binary"
	"errors"
	"fmt"
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

const purposeRefresh = "refresh"

// Refresh makes the token of a generation, under the key in use.
func (i *Issuer) Refresh(r Refresh) (string, error) {
	version := i.Ring.MACCurrent()
	raw := appendReference(make([]byte, 0, refreshSize), r.Reference)
	raw = binary.BigEndian.AppendUint32(raw, uint32(r.Generation)) // bounded by ParseRefresh and the store
	raw = append(raw, version)
	mac, err := i.Ring.MACVersion(version, purposeRefresh, raw)
	if err != nil {
		return "", fmt.Errorf("refresh token: %w", err)
	}
	return encoding.EncodeToString(append(raw, mac...)), nil
}

// ParseRefresh reads a token of ours. ErrToken: it is none; any other error means
// that its key could not be asked about.
func (i *Issuer) ParseRefresh(text string) (Refresh, error) {
	if len(text) != encoding.EncodedLen(refreshSize) {
		return Refresh{}, ErrToken
	}
	raw, err := encoding.DecodeString(text)
	if err != nil {
		return Refresh{}, ErrToken
	}
	body, sum := raw[:refreshSize-refreshHash], raw[refreshSize-refreshHash:]
	mac, err := i.Ring.MACVersion(body[len(body)-1], purposeRefresh, body)
	if errors.Is(err, keys.ErrUnknownKey) {
		return Refresh{}, ErrToken
	}
	if err != nil {
		return Refresh{}, fmt.Errorf("refresh token: %w", err)
	}
	reference, ok := readReference(body)
	generation := int64(binary.BigEndian.Uint32(body[referenceSize:]))
	if !keys.MACEqual(mac, sum) || !ok || generation == math.MaxUint32 {
		return Refresh{}, ErrToken
	}
	return Refresh{Reference: reference, Generation: generation}, nil
}
