package box

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/gust-go/gust/internal/limit"
)

// Command is gust's hidden command by which go runs this package, and
// InitCommand the one by which it starts itself in new namespaces.
const (
	Command     = "testexec"
	InitCommand = "testinit"
)

// Var is the variable that holds the [Spec] of a run. Tests do not see it.
const Var = "GUST_SANDBOX"

// ErrorCode is the exit status of a binary that was not run because there was
// no sandbox for it.
const ErrorCode = 120

// ReportNames matches the files in the directory of a run that have a [Report].
const ReportNames = "report-*"

// LockName is a file in the directory of a run. Each process of the run has a
// shared lock on it.
const LockName = "lock"

// OwnerName is a file in there that the gust of the run has locked as long as it
// lives.
const OwnerName = "owner"

// TmpPrefix is what the names of temporary directories of tests begin with that are
// in no box.
const TmpPrefix = "gust-t"

// A Spec describes the sandboxes of one run.
type Spec struct {
	// Dir is the directory of the run; each binary gets a box in it.
	Dir    string
	Level  Level
	Strict bool `json:",omitempty"`
	// Least is the level below which nothing is to run; without, strict tests run
	// at the first only, and others at any.
	Least Level `json:",omitempty"`
	// Home is what strict tests see empty, Env what they see of the
	// environment, and Readable where they may read, besides what is the
	// sandbox's.
	Home string `json:",omitempty"`
	// InHome and ShownInHome are put back there; others see them as parts of their
	// home directory.
	InHome      []Tree   `json:",omitempty"`
	ShownInHome []string `json:",omitempty"`
	Env         []string `json:",omitempty"`
	Readable    []string `json:",omitempty"`
	// NoLeaks is true if nothing may be left behind.
	NoLeaks bool `json:",omitempty"`
	// Trees are directories with writes kept aside.
	Trees []Tree `json:",omitempty"`
	// Open are directories that stay writable.
	Open []string `json:",omitempty"`
	// Counters is where go commands count how often they ran; strict tests have no
	// part in it.
	Counters string `json:",omitempty"`
	// Cache is go's build cache. What strict tests write there is gone with them:
	// others build with what is in it.
	Cache string `json:",omitempty"`
	// Mounts are mount points within Trees, which an overlay does not show.
	Mounts []string `json:",omitempty"`
	// Shown are directories within private ones that stay visible.
	Shown []string `json:",omitempty"`
	// Unset and Set restore the environment that the tests would have without
	// gust.
	Unset []string `json:",omitempty"`
	Set   []string `json:",omitempty"`
	// Limits are what tests may use of the machine. What is not named has the
	// usual value.
	Limits limit.Set `json:",omitempty"`
	// ClockOffset is by how much the clocks that count from when the machine
	// started are ahead, in nanoseconds.
	ClockOffset int64 `json:",omitempty"`
	// Pin are variables, as NAME=VALUE, that tests see whatever the environment.
	Pin []string `json:",omitempty"`
	// Trace says what to record besides what the sandbox itself needs to know.
	Trace Trace `json:",omitempty"`
	// Ring is a socket at which there are ring buffers that the kernel writes to, see
	// package ring; "" if there is none.
	Ring string `json:",omitempty"`
	// Allow are addresses of the host's loopback that tests may connect to.
	Allow []string `json:",omitempty"`
	// Goroutines are looked at when a test ends.
	Goroutines bool `json:",omitempty"`
	// Memory has temporary files in memory.
	Memory bool `json:",omitempty"`
	// HostNet leaves the tests on the host's network.
	HostNet bool `json:",omitempty"`
	// Packages are packages that need something else.
	Packages []Package `json:",omitempty"`
	// Root is true if gust has all rights, so that any ID can be mapped.
	Root bool `json:",omitempty"`
}

// A Package is what packages need that are not as the others.
type Package struct {
	// Dir is their directory. With Below, those below it are meant, too.
	Dir   string
	Below bool `json:",omitempty"`
	// Mode is auto, strict, off or empty, Net host, own or empty.
	Mode string `json:",omitempty"`
	Net  string `json:",omitempty"`
	// Allow, if not nil, replaces that of the others.
	Allow []string
	// Limits and Pin are added to those of the others.
	Limits limit.Set `json:",omitempty"`
	Pin    []string  `json:",omitempty"`
}

// forPackage is the spec of a package: that of the last that matches.
func (s Spec) forPackage(dir string) Spec {
	s.Pin = pin(s.Pin, nil)
	for _, p := range s.Packages {
		if dir != p.Dir && !(p.Below && inside(dir, p.Dir)) {
			continue
		}
		switch p.Mode {
		case "off":
			s.Level, s.Least, s.Strict = Off, Off, false
		case "strict":
			s.Strict = true
		case "auto":
			s.Strict = false
		}
		if p.Net != "" && !s.Strict {
			s.HostNet = s.HostNet || p.Net == "host"
		}
		if p.Allow != nil {
			s.Allow = p.Allow
		}
		s.Limits = s.Limits.With(p.Limits)
		s.Pin = pin(s.Pin, p.Pin)
	}
	return s
}

// CheckoutName is what the names of trees begin with that are checkouts.
const CheckoutName = "checkout"

// HomeName is the name of the tree that is the home directory.
const HomeName = "home"

// settle is what follows from a spec: strict tests get an empty home directory, and
// have no part in caches.
func (s Spec) settle() Spec {
	if !s.Strict && s.Counters != "" {
		s.Open = append(append([]string{}, s.Open...), s.Counters)
	}
	switch {
	case s.Cache == "":
	case s.Strict:
		s.Trees = append(append([]Tree{}, s.Trees...), Tree{Name: "gocache", Path: s.Cache, Discard: true})
	default:
		s.Open = append(append([]string{}, s.Open...), s.Cache)
	}
	if !s.Strict || s.Home == "" {
		return s
	}
	trees := append([]Tree{}, s.InHome...)
	for _, t := range s.Trees {
		if t.Name != HomeName {
			trees = append(trees, t)
		}
	}
	s.Trees = trees
	s.Shown = append(append([]string{}, s.Shown...), s.ShownInHome...)
	return s
}

// A Tree is a directory that tests see as it is and write to beside.
type Tree struct {
	// Name is that of the directory in the box that has the writes.
	Name string
	Path string
	// Discard is true if nobody wants to know about them.
	Discard bool `json:",omitempty"`
}

// Encode makes the value of [Var].
func (s Spec) Encode() (string, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("describe the sandbox: %w", err)
	}
	return string(data), nil
}

// A Report is what became of one binary.
type Report struct {
	// Dir is the working directory, which is that of the package, and Args are
	// the binary and its arguments.
	Dir  string
	Args []string
	// Box is the directory with what it left behind, "" if nothing.
	Box string
	// Level is that at which the test ran, and Error says why it was not a better
	// one. Ran is false if it did not run for that.
	Level Level  `json:",omitempty"`
	Error string `json:",omitempty"`
	Ran   bool
	// InPlace are files of the checkout and the home directory that it wrote where
	// writes could not be kept aside.
	InPlace []string `json:",omitempty"`
	// Strict is true if it had to keep to the rules.
	Strict bool `json:",omitempty"`
	// Status is the exit status, or 128 and the number of a signal.
	Status int
	// Touched is what the test did, as far as it was asked for and there was
	// room for it; NoRecord says why nothing was recorded.
	Touched  []Touch `json:",omitempty"`
	Full     bool    `json:",omitempty"`
	NoRecord string  `json:",omitempty"`
	// Ring is true if the kernel told of files without the test waiting, Lost how many
	// it could not tell of; then Full is true.
	Ring bool   `json:",omitempty"`
	Lost uint64 `json:",omitempty"`
	// HostNet is true if the test was on the host's network.
	HostNet bool `json:",omitempty"`
	// Left are processes that outlived the binary.
	Left []Process `json:",omitempty"`
	// Goroutines are those that did not end before the tests did.
	Goroutines []Goroutine `json:",omitempty"`
	// Temp are names left in the private temporary directories.
	Temp []string `json:",omitempty"`
	// Hits are limits that the test ran into, Limits those that were set for it.
	Hits   []Hit     `json:",omitempty"`
	Limits limit.Set `json:",omitempty"`
	// Wrote names the trees that were written to.
	Wrote []string `json:",omitempty"`
	// Trees are those of the box, Open what was open to it.
	Trees []Tree   `json:",omitempty"`
	Open  []string `json:",omitempty"`
}

// A Trace says what to record of a test.
type Trace string

// What can be recorded. Without, it is only where the test tried to connect to.
const (
	// TraceWrites is files opened to write, addresses and programs.
	TraceWrites Trace = "writes"
	// TraceReads is files opened to read as well.
	TraceReads Trace = "reads"
)

func (t Trace) on() bool { return t != "" }

// Kinds of a [Touch].
const (
	KindDial  = "connect"
	KindBind  = "bind"
	KindExec  = "exec"
	KindWrite = "write"
	KindRead  = "read"
)

// A Touch is something that a test did.
type Touch struct {
	Kind string
	// What is the file or the address.
	What string
	// Outside is true of an address at which nobody in the sandbox is, and of a
	// file that strict tests have no business with.
	Outside bool `json:",omitempty"`
	// Test is the test that ran then, if only one did.
	Test string `json:",omitempty"`
	// Count is how often.
	Count int `json:",omitempty"`
}

// A Hit is a limit that a test ran into.
type Hit struct {
	Name  limit.Name
	Value int64
	// Test is the test that ran then, if only one did and that is known.
	Test string `json:",omitempty"`
	// Killed is true if the test was ended for it.
	Killed bool `json:",omitempty"`
}

// A Process was still running.
type Process struct {
	PID  int
	Args []string
	// Test is the test that ran when it was started, if that is known.
	Test string `json:",omitempty"`
	// Ports are addresses on which it listened.
	Ports []string `json:",omitempty"`
}

// A Goroutine, or several that are alike, was still there.
type Goroutine struct {
	// Function is what it runs: the first that does not only wait for others, with its place.
	Function, Place string
	// State is what it waits for.
	State string
	// Creator is the function that started it, CreatedAt where.
	Creator, CreatedAt string
	// Count is how many there are.
	Count int
}

// environ is the environment without gust's variables and with those of the
// user in their place.
func (s Spec) environ(now []string) []string {
	var out []string
	for _, kv := range now {
		name, _, _ := strings.Cut(kv, "=")
		if name != Var && !contains(s.Unset, name) && !pinned(s.Pin, name) && s.visible(name) {
			out = append(out, kv)
		}
	}
	return append(append(out, s.Set...), s.Pin...)
}

// visible reports whether tests see a variable.
func (s Spec) visible(name string) bool {
	if !s.Strict {
		return true
	}
	for _, allowed := range s.Env {
		prefix, any := strings.CutSuffix(allowed, "*")
		if name == allowed || any && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// pin adds variables to others, in place of those of the same name.
func pin(list, more []string) []string {
	both := append(list[:len(list):len(list)], more...)
	var all []string
	for i, kv := range both {
		if name, _, _ := strings.Cut(kv, "="); !pinned(both[i+1:], name) {
			all = append(all, kv)
		}
	}
	return all
}

// pinned reports whether a variable is among some.
func pinned(list []string, name string) bool {
	for _, kv := range list {
		if strings.HasPrefix(kv, name+"=") {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// inside reports whether a clean absolute path is dir or below it.
func inside(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir+"/")
}

// readSpec reads the spec of the run from the environment.
func readSpec() (Spec, error) {
	var s Spec
	value := os.Getenv(Var)
	if value == "" {
		return s, fmt.Errorf("%s is not set", Var)
	}
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		return s, fmt.Errorf("read %s: %w", Var, err)
	}
	return s, nil
}
