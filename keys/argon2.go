package keys

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	saltSize = 16
	tagSize  = 32

	minSalt, maxSalt = 8, 64
	minTag, maxTag   = 16, 64
	maxPHC           = 512
	maxTime          = 16
	maxThreads       = 16
)

// Cost is the work of one Argon2id hash (RFC 9106 §3.1).
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8  // lanes
}

// phc is a stored hash in the PHC string format:
// $argon2id$v=19$m=19456,t=2,p=1$salt$tag, base64 without padding.
type phc struct {
	cost Cost
	salt []byte
	tag  []byte
}

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.cost.Memory, p.cost.Time, p.cost.Threads,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.tag))
}

// parsePHC reads a stored hash. It refuses one that asks for more than
// maxMemory KiB, or more time or lanes than any sensible setting: a hostile or
// broken row must not be able to exhaust the machine.
func parsePHC(text string, maxMemory uint32) (phc, error) {
	if len(text) > maxPHC {
		return phc{}, ErrPHC
	}
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, ErrPHC
	}
	parameters := strings.Split(fields[3], ",")
	if len(parameters) != 3 {
		return phc{}, ErrPHC
	}
	var numbers [3]uint32
	for i, parameter := range []struct {
		name string
		most uint32
	}{{"m=", maxMemory}, {"t=", maxTime}, {"p=", maxThreads}} {
		digits, named := strings.CutPrefix(parameters[i], parameter.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		// The canonical form only: no sign, no leading zero.
		if !named || err != nil || n < 1 || n > uint64(parameter.most) || strconv.FormatUint(n, 10) != digits {
			return phc{}, ErrPHC
		}
		numbers[i] = uint32(n)
	}
	p := phc{cost: Cost{Memory: numbers[0], Time: numbers[1], Threads: uint8(numbers[2])}}
	// RFC 9106 §3.1: 8 KiB a lane at least.
	if p.cost.Memory < 8*uint32(p.cost.Threads) {
		return phc{}, ErrPHC
	}
	var err error
	if p.salt, err = decodePHC(fields[4], minSalt, maxSalt); err != nil {
		return phc{}, err
	}
	if p.tag, err = decodePHC(fields[5], minTag, maxTag); err != nil {
		return phc{}, err
	}
	return p, nil
}

func decodePHC(text string, least, most int) ([]byte, error) {
	raw, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < least || len(raw) > most || base64.RawStdEncoding.EncodedLen(len(raw)) != len(text) {
		return nil, ErrPHC
	}
	return raw, nil
}

// derive computes the tag for a password under the cost and salt of p.
func (p phc) derive(password string) []byte {
	size := tagSize
	if len(p.tag) != 0 {
		size = len(p.tag)
	}
	return argon2.IDKey([]byte(password), p.salt, p.cost.Time, p.cost.Memory, p.cost.Threads, uint32(size)) // at most maxTag
}

func (p phc) matches(tag []byte) bool {
	return subtle.ConstantTimeCompare(p.tag, tag) == 1
}
