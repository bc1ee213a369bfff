package overlay

import (
	"path/filepath"
	"strings"
)

// A NameKind is what a name in an overlay stands for.
type NameKind int

// The kinds of names in an overlay.
const (
	// Foreign is not cmd/go's nor gust's.
	Foreign NameKind = iota
	// Data is a data file, or the directory of a cached executable.
	Data
	// Action is an action entry.
	Action
	// Book is what cmd/go and gust keep records in.
	Book
	// Temp is a file that is being written, or was when its writer died.
	Temp
	// Corpus leads to the user's fuzz corpus, unless it is a directory, which
	// is one that could not be shared yet.
	Corpus
)

// Classify says what a path stands for that is relative to an overlay. For the
// file in an executable's directory it says Data as well.
func Classify(rel string) NameKind {
	parts := strings.Split(rel, string(filepath.Separator))
	switch name := parts[0]; {
	case len(parts) == 1:
		return classifyTop(name)
	case name == tempName:
		return Temp
	case name == subName(0) && (parts[1] == stateName || strings.HasPrefix(parts[1], builtPrefix)) && len(parts) == 2:
		return Book
	default:
		kind, _ := classify(name, parts[1])
		switch {
		case kind == dataName && len(parts) <= 3:
			return Data
		case kind == actionName && len(parts) == 2:
			return Action
		}
	}
	return Foreign
}

func classifyTop(name string) NameKind {
	switch name {
	case "fuzz":
		return Corpus
	case "README", "trim.txt", testExpireName, lockName:
		return Book
	}
	if strings.HasPrefix(name, "gust-probe-") {
		return Temp
	}
	return Foreign
}

// ActionOutput reads an action entry's content and returns the name, relative
// to the overlay, of the data that it leads to; ok is false if it is not a
// valid entry under its own name.
func ActionOutput(name string, content []byte) (data string, ok bool) {
	sub := filepath.Base(filepath.Dir(name))
	kind, id := classify(sub, filepath.Base(name))
	e, err := parseEntry(content)
	if kind != actionName || err != nil || e.id != id {
		return "", false
	}
	hex := string(content[3+65 : 3+65+64])
	return filepath.Join(hex[:2], hex+"-d"), true
}

// builtPrefix is what names of marks begin with.
const builtPrefix = "gust-built-"

// BuiltMark is the name, relative to an overlay, of a file that is touched by each
// good build of the same name. It goes when the entries go.
func BuiltMark(build string) string { return filepath.Join(subName(0), builtPrefix+build) }

// TempDir is the name of the directory in an overlay for files being written.
const TempDir = tempName

// StateName is the path, relative to an overlay, of what a sync leaves to the
// next. Without it the next sync compares everything.
func StateName() string { return filepath.Join(subName(0), stateName) }
