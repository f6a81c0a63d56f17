package store

import "strings"

// rewritten is a statement as SQLite takes it.
type rewritten struct {
	text  string
	write bool // must run on the writer
}

// rewrite turns $n into ?n outside quotes and comments, and tells writes from reads.
func rewrite(sql string) rewritten {
	var out strings.Builder
	out.Grow(len(sql))
	for i := 0; i < len(sql); {
		end := skip(sql, i)
		switch {
		case end > i:
			out.WriteString(sql[i:end])
			i = end
		case sql[i] == '$' && i+1 < len(sql) && sql[i+1] >= '0' && sql[i+1] <= '9':
			out.WriteByte('?')
			i++
		default:
			out.WriteByte(sql[i])
			i++
		}
	}
	return rewritten{text: out.String(), write: isWrite(sql)}
}

// isWrite tells whether a statement is anything but a SELECT, also one that
// begins with WITH: its verb is the first one outside parentheses.
func isWrite(sql string) bool {
	depth, first := 0, true
	for i := 0; i < len(sql); {
		if end := skip(sql, i); end > i {
			i = end
			continue
		}
		switch c := sql[i]; {
		case c == '(':
			depth++
			i++
		case c == ')':
			depth--
			i++
		case letter(c):
			start := i
			for i < len(sql) && (letter(sql[i]) || sql[i] >= '0' && sql[i] <= '9') {
				i++
			}
			if depth > 0 {
				continue
			}
			word := strings.ToUpper(sql[start:i])
			switch {
			case word == "SELECT":
				return false
			case word == "INSERT", word == "UPDATE", word == "DELETE", word == "REPLACE":
				return true
			case first && word != "WITH":
				return true
			}
			first = false
		default:
			i++
		}
	}
	return true
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// skip is the end of the quotation or comment that begins at i, else i.
func skip(sql string, i int) int {
	var closing string
	begin := 1
	switch {
	case sql[i] == '\'', sql[i] == '"':
		closing = sql[i : i+1]
	case strings.HasPrefix(sql[i:], "--"):
		closing, begin = "\n", 2
	case strings.HasPrefix(sql[i:], "/*"):
		closing, begin = "*/", 2
	default:
		return i
	}
	// A doubled quote ends one quotation and begins the next: nothing is between.
	if n := strings.Index(sql[i+begin:], closing); n >= 0 {
		return i + begin + n + len(closing)
	}
	return len(sql)
}
