package audit

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"

	"vhod/store"
)

// What is hashed begins with its purpose, so that none is taken for another.
const (
	purposeEvent = "vhod journal event 1"
	purposeLane  = "vhod journal lane 1"
	purposeEntry = "vhod journal entry 1"
)

// entrySize is the length of an entry: id, time, digest.
const entrySize = 16 + 8 + sha256.Size

// digest is the SHA-256 of all columns of an event, each led by its length, in
// the order of the table.
func digest(e *store.JournalEvent) [sha256.Size]byte {
	buffer := make([]byte, 0, 512)
	buffer = part(buffer, purposeEvent)
	buffer = binary.BigEndian.AppendUint16(buffer, uint16(e.Bucket))
	buffer = append(buffer, e.ID[:]...)
	buffer = binary.BigEndian.AppendUint64(buffer, uint64(e.AccountID))
	buffer = binary.BigEndian.AppendUint64(buffer, uint64(e.At))
	for _, text := range [...]string{e.Name, e.ClientID, e.Actor, e.RequestID, e.Data} {
		buffer = part(buffer, text)
	}
	return sha256.Sum256(buffer)
}

func part(buffer []byte, text string) []byte {
	buffer = binary.BigEndian.AppendUint32(buffer, uint32(len(text)))
	return append(buffer, text...)
}

// origin is what the first event of a lane is chained to.
func origin(lane int64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(purposeLane), uint64(lane)))
	return sum[:]
}

// appendEntry adds the entry of an event.
func appendEntry(entries []byte, e *store.JournalEvent) []byte {
	entries = append(entries, e.ID[:]...)
	entries = binary.BigEndian.AppendUint64(entries, uint64(e.At))
	sum := digest(e)
	return append(entries, sum[:]...)
}

// chain hashes each entry together with the hash before it; the last is the
// seal's.
func chain(previous, entries []byte) []byte {
	buffer := append([]byte(purposeEntry), previous...)
	start := len(purposeEntry)
	for len(entries) >= entrySize {
		sum := sha256.Sum256(append(buffer, entries[:entrySize]...))
		buffer = append(buffer[:start], sum[:]...)
		entries = entries[entrySize:]
	}
	return buffer[start:]
}

// entry is what a seal tells of one event.
type entry []byte

func (e entry) id() uuid.UUID  { return uuid.UUID(e[:16]) }
func (e entry) at() int64      { return int64(binary.BigEndian.Uint64(e[16:24])) }
func (e entry) digest() []byte { return e[24:entrySize] }

// entriesOf takes apart what a seal tells; ok is false when it is no list of
// entries.
func entriesOf(s *store.Seal) (all []entry, ok bool) {
	if len(s.Entries)%entrySize != 0 {
		return nil, false
	}
	for rest := s.Entries; len(rest) > 0; rest = rest[entrySize:] {
		all = append(all, rest[:entrySize])
	}
	return all, true
}
