package idp

// Level is how well the person behind an account is known (R-ACC-1).
type Level int16

// The levels, in rising order.
const (
	LevelSimplified Level = 1 // a verified contact
	LevelStandard   Level = 2 // documents found in the state registers
	LevelConfirmed  Level = 3 // the person was identified
)

var levelNames = map[Level]string{
	LevelSimplified: "simplified",
	LevelStandard:   "standard",
	LevelConfirmed:  "confirmed",
}

// String is the level's name on the wire and in the catalogues.
func (l Level) String() string { return levelNames[l] }

// ParseLevel reads a level's name.
func ParseLevel(s string) (Level, bool) {
	for l, name := range levelNames {
		if name == s {
			return l, true
		}
	}
	return 0, false
}
