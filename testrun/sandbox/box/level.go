package box

// Level is how much of a sandbox there is.
type Level string

// The levels, the strongest first. They are the rungs of a ladder: what cannot be
// had is tried one rung below.
const (
	// Full: namespaces of its own for everything.
	Full Level = "full"
	// Landlock: Landlock keeps the test from files and processes of others, the
	// kernel tells what it does, and nothing that it starts is left.
	Landlock Level = "landlock"
	// Basic: a temporary directory of its own, for strict tests an empty home, and
	// nothing that it starts is left.
	Basic Level = "basic"
	// Off: none.
	Off Level = "off"
)

// Levels are those that are something.
func Levels() []Level { return []Level{Full, Landlock, Basic} }

func ladder() []Level { return append(Levels(), Off) }

// AtLeast reports whether a level is another or better.
func (l Level) AtLeast(other Level) bool { return l.rank() <= other.rank() }

func (l Level) rank() int {
	for i, level := range ladder() {
		if l == level {
			return i
		}
	}
	return len(ladder())
}

// least is the level below which nothing runs.
func (s Spec) least() Level {
	switch {
	case s.Least != "":
		return s.Least
	case s.Strict:
		return Full
	}
	return Off
}
