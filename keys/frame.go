package keys

import "encoding/binary"

// frame joins parts, each led by its length, so that no two different lists of
// parts ever give the same bytes: ("ab","c") and ("a","bc") differ.
func frame[T ~string | ~[]byte](parts ...T) []byte {
	size := 0
	for _, part := range parts {
		size += 4 + len(part)
	}
	out := make([]byte, 0, size)
	for _, part := range parts {
		out = appendPart(out, part)
	}
	return out
}

func appendPart[T ~string | ~[]byte](out []byte, part T) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(part))) // parts are bounded far below 4 GiB by every caller
	return append(out, part...)
}
