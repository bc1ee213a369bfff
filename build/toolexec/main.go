package toolexec

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// exitInternal is the exit code for a wrapper that cannot even run the tool.
const exitInternal = 3

// Main runs the tool in args[0] with the arguments behind it, as cmd/go asked,
// and returns the process's exit code. Where the platform can, a tool that
// needs no attention replaces the process and Main does not return.
func Main(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "gust toolexec: no tool given\nhint: gust build --help")
		return 2
	}
	tool, rest := args[0], args[1:]
	session, err := sessionFromEnv()
	name := strings.TrimSuffix(filepath.Base(tool), ".exe")
	version := slices.Contains(rest, "-V=full")
	if err == nil && version && session.Relaxed && name == "link" {
		return relaxedLinker(tool)
	}
	if err != nil || version {
		return replace(tool, rest)
	}
	w := &wrapper{
		Session: session,
		store:   &store.Store{Dir: session.Store, Now: time.Now},
		tool:    tool, args: rest, start: time.Now(),
	}
	if session.Starts {
		w.logStart(name)
	}
	switch name {
	case "compile":
		return w.safely(name, w.compile)
	case "vet":
		return w.safely(name, w.vet)
	case "link":
		return w.safely(name, w.link)
	}
	return replace(tool, rest)
}

// relaxedLinker answers -V=full with a version of its own, which makes the
// build IDs of relaxed binaries differ from go's. cmd/go would otherwise take a
// binary that stands where it is to put one for up to date
// (cmd/go/internal/work.(*Builder).useCache), in an exact build, too.
func relaxedLinker(tool string) int {
	out, err := output(tool, "-V=full")
	if err != nil {
		return replace(tool, []string{"-V=full"})
	}
	line := strings.TrimSpace(string(out))
	if strings.Contains(line, " buildID=") {
		line += "-gust-relaxed" // of a development version the ID counts
	} else {
		line += " gust-relaxed"
	}
	fmt.Println(line)
	return 0
}

// safely calls f, and runs the tool instead if f panics: a defect in gust must
// not fail a build.
func (w *wrapper) safely(tool string, f func() int) (code int) {
	defer func() {
		if p := recover(); p != nil {
			w.log(Entry{Tool: tool, Warning: fmt.Sprintf("panic: %v", p), BuildPackage: event.BuildPackage{
				ImportPath: importPath(""), Outcome: event.Compiled,
			}})
			code = replace(w.tool, w.args)
		}
	}()
	return f()
}

// importPath is the package that cmd/go runs the tool for, with the name of
// the test it is compiled for: "p [p.test]".
func importPath(p string) string {
	if s := os.Getenv("TOOLEXEC_IMPORTPATH"); s != "" {
		return s
	}
	return p
}

// output runs the tool and returns what it prints.
func output(tool string, args ...string) ([]byte, error) {
	out, err := exec.Command(tool, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", tool, err)
	}
	return out, nil
}

// run runs the tool and returns its exit code and everything it printed;
// cmd/go reads both streams into one.
func run(tool string, args []string) (code int, printed []byte, err error) {
	printed, err = exec.Command(tool, args...).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), printed, nil
	}
	return 0, printed, err
}

// child runs the tool with this process's streams; replace uses it where a
// process cannot be replaced.
func child(tool string, args []string) int {
	cmd := exec.Command(tool, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	}
	fmt.Fprintf(os.Stderr, "gust toolexec: run %q: %v\n", tool, err)
	return exitInternal
}
