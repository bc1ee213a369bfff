// Package limit is what a program may use of a machine: the names of limits, how
// their values are written, and what hitting one is called. It needs
// nothing but the standard library, since it is on the way of every test binary.
package limit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/words"
)

// A Name is that of a limit.
type Name string

// The limits there are.
const (
	// Memory is of all processes together, in bytes.
	Memory Name = "memory"
	// Processes is how many there are at once, threads included.
	Processes Name = "processes"
	// OpenFiles is how many each process has open.
	OpenFiles Name = "open-files"
	// FileSize is of each file, in bytes.
	FileSize Name = "file-size"
	// Disk is of all that is written aside, in bytes.
	Disk Name = "disk"
	// Time is for how long all of it may run, in nanoseconds.
	Time Name = "time"
)

// Names lists them.
func Names() []Name { return []Name{Memory, Processes, OpenFiles, FileSize, Disk, Time} }

// None is the value of a limit that nothing exceeds.
const None = math.MaxInt64

// A Set has a value for some limits.
type Set map[Name]int64

// Of is the value of a limit, which may be [None]; ok is false if there is none.
func (s Set) Of(name Name) (value int64, ok bool) {
	value, ok = s[name]
	return value, ok && value != None
}

// With is the set with the values of another in place of its own.
func (s Set) With(other Set) Set {
	all := make(Set, len(s)+len(other))
	for name, value := range s {
		all[name] = value
	}
	for name, value := range other {
		all[name] = value
	}
	return all
}

// Parse reads the value of a limit: 512MiB, 200, 5m, none.
func Parse(name, value string) (int64, error) {
	text := strings.TrimSpace(value)
	if text == "none" {
		return None, nil
	}
	switch Name(name) {
	case Memory, FileSize, Disk:
		if n, ok := bytes(text); ok {
			return n, nil
		}
		return 0, fmt.Errorf("%s: %q is no size such as 512MiB, or none", name, value)
	case Processes, OpenFiles:
		if n, err := strconv.ParseInt(text, 10, 32); err == nil && n >= least(Name(name)) {
			return n, nil
		}
		return 0, fmt.Errorf("%s: %q is no number of at least %d, or none", name, value, least(Name(name)))
	case Time:
		if d, err := time.ParseDuration(text); err == nil && d > 0 {
			return int64(d), nil
		}
		return 0, fmt.Errorf("%s: %q is no time such as 5m, or none", name, value)
	}
	return 0, fmt.Errorf("%q is no limit; there are %s", name, list())
}

// least is what no Go program starts with less of.
func least(name Name) int64 {
	if name == Processes {
		return 16
	}
	return 8
}

func list() string {
	names := make([]string, 0, len(Names()))
	for _, n := range Names() {
		names = append(names, string(n))
	}
	return strings.Join(names, ", ")
}

// ParseSet reads limits as a command line has them: memory=512MiB,processes=200.
func ParseSet(text string) (Set, error) {
	s := make(Set)
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, fmt.Errorf("%q is no limit such as memory=512MiB; there are %s", part, list())
		}
		n, err := Parse(name, value)
		if err != nil {
			return nil, err
		}
		s[Name(name)] = n
	}
	return s, nil
}

// units are what may stand behind a number of bytes.
var units = map[string]float64{
	"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1e3, "m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
	"g": 1 << 30, "gib": 1 << 30, "gb": 1e9, "t": 1 << 40, "tib": 1 << 40, "tb": 1e12,
}

func bytes(text string) (int64, bool) {
	at := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if at < 0 {
		at = len(text)
	}
	n, err := strconv.ParseFloat(text[:at], 64)
	unit, ok := units[strings.ToLower(strings.TrimSpace(text[at:]))]
	if n *= unit; err != nil || !ok || n < 1 || n >= None {
		return 0, false
	}
	return int64(n), true
}

// Format is a value as people write it.
func Format(name Name, value int64) string {
	switch {
	case value == None:
		return "none"
	case name == Memory, name == FileSize, name == Disk:
		return size(value)
	case name == Time:
		return trim(time.Duration(value).String())
	}
	return strconv.FormatInt(value, 10)
}

// trim takes what says nothing off a duration: 5m, not 5m0s.
func trim(s string) string {
	if short, ok := strings.CutSuffix(s, "m0s"); ok {
		s = short + "m"
	}
	if short, ok := strings.CutSuffix(s, "h0m"); ok {
		s = short + "h"
	}
	return s
}

// size is a size as in the value of a flag: 512 MiB, not 512.0 MiB.
func size(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	return strings.Replace(words.Size(n), ".0 ", " ", 1)
}

// Text names a limit: the memory limit of 512 MiB.
func Text(name Name, value int64) string {
	v := Format(name, value)
	switch name {
	case Processes:
		return "the limit of " + v + " processes and threads"
	case OpenFiles:
		return "the limit of " + v + " open files of a process"
	case FileSize:
		return "the limit of " + v + " for one file"
	case Disk:
		return "the limit of " + v + " written to disk"
	}
	return "the " + string(name) + " limit of " + v
}
