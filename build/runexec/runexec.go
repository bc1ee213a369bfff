//go:build unix

// Package runexec gives the program of gust run the environment that go run
// would give it. gust runs go with a build cache of its own and a few variables
// for its wrappers; the program, which may well run go itself, must not see
// them. So gust names itself to go run as -exec program and then becomes the
// program: same process, same streams, same exit.
package runexec

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Command is gust's command by which go calls this package.
const Command = "runexec"

// Var is the variable that names those to restore: a NUL never is part of one,
// so they are separated by newlines in the form of Go's %q.
const Var = "GUST_RUN_ENV"

// Names are the variables that gust sets for go run.
func Names() []string { return []string{"GOCACHE", "GOCACHEPROG", "GUST_TOOLEXEC", "GUST_DEPTH", Var} }

// Encode notes what the variables are in an environment before gust sets them.
func Encode(environ []string) string {
	var b strings.Builder
	for _, name := range Names() {
		if value, ok := lookup(environ, name); ok {
			fmt.Fprintf(&b, "%q\n", name+"="+value)
		}
	}
	return b.String()
}

func lookup(environ []string, name string) (value string, ok bool) {
	for _, kv := range environ {
		if v, found := strings.CutPrefix(kv, name+"="); found {
			value, ok = v, true // the last one counts
		}
	}
	return value, ok
}

// Restore undoes what gust has set in an environment, in which the variable Var
// says how it was.
func Restore(environ []string) []string {
	was := map[string]string{}
	noted, _ := lookup(environ, Var)
	for _, line := range strings.Split(noted, "\n") {
		var kv string
		if _, err := fmt.Sscanf(line, "%q", &kv); err == nil {
			name, _, _ := strings.Cut(kv, "=")
			was[name] = kv
		}
	}
	var out []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if !own(name) {
			out = append(out, kv)
		} else if old, ok := was[name]; ok {
			out = append(out, old)
			delete(was, name)
		}
	}
	return out
}

func own(name string) bool {
	for _, n := range Names() {
		if n == name {
			return true
		}
	}
	return false
}

// Main becomes the program that args name by its path, and returns only if that
// is impossible.
func Main(args []string) int {
	env := Restore(os.Environ())
	var err error
	// Like go run (RunStdin in cmd/go/internal/base): another go command may
	// still be writing the executable to the cache.
	for try := range 3 {
		if err = syscall.Exec(args[0], args, env); !errors.Is(err, syscall.ETXTBSY) {
			break
		}
		time.Sleep(100 * time.Millisecond << try)
	}
	fmt.Fprintf(os.Stderr, "gust: run %s: %v\n", args[0], err)
	return 1
}
