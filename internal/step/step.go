// Package step runs the steps of a hook or a CI job: command lines of gust's,
// one after the other, each a process of its own. A step is a name from a
// short list and never a command that a project could name, because gust.toml
// belongs to a checkout, which is not trusted.
package step

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// A Step is one command line to run.
type Step struct {
	// Name is one of Names.
	Name string
	// Dir is where it runs; Shown is its name for people, "." for the root.
	Dir, Shown string
	// Args are the arguments behind gust's name.
	Args []string
	// Env is the environment in os.Environ form.
	Env []string
	// Skip says why the step has nothing to do; it is not run then.
	Skip string
}

// A Result is what became of a step.
type Result struct {
	Step
	Code int
	Wall time.Duration
}

// Names are the steps there are, in the order in which they run.
func Names() []string {
	return []string{"build", "vet", "test", "tidy", "tags", "graph", "kernel"}
}

// Args returns the command line of a step on the packages of a module.
func Args(name string) []string {
	switch name {
	case "build":
		// Several programs may be among the packages; none is to be written.
		return []string{"build", "-o", os.DevNull, "./..."}
	case "vet":
		return []string{"vet", "./..."}
	case "test":
		return []string{"test", "./..."}
	case "tidy":
		return []string{"mod", "tidy", "-diff"}
	case "tags":
		return []string{"tags", "check", "./..."}
	case "graph":
		return []string{"graph", "check"}
	case "kernel":
		return []string{"kernel", "check", "--for=build"}
	}
	return nil
}

// Sort puts names in the order in which steps run, each once.
func Sort(names []string) []string {
	var sorted []string
	for _, name := range Names() {
		if slices.Contains(names, name) {
			sorted = append(sorted, name)
		}
	}
	return sorted
}

// A Runner runs steps.
type Runner struct {
	// Self is the gust to run.
	Self string
	// Now tells the time.
	Now func() time.Time
	// Streams returns where a step writes, and what to call with its result.
	Streams func(Step) (stdout, stderr io.Writer, done func(Result))
}

// Run runs the steps, all of them whatever fails, until ctx ends.
func (r Runner) Run(ctx context.Context, steps []Step) ([]Result, error) {
	var results []Result
	for _, s := range steps {
		result := Result{Step: s}
		stdout, stderr, done := r.Streams(s)
		if s.Skip == "" {
			// gust stands in for go, and what runs go's command lines runs
			// gust's as well, signals and all.
			self := gocmd.Go{Path: r.Self, Dir: s.Dir, Env: s.Env}
			began := r.Now()
			code, err := self.Run(ctx, gocmd.Streams{Stdout: stdout, Stderr: stderr}, s.Args...)
			if err != nil {
				return results, err
			}
			result.Code, result.Wall = code, r.Now().Sub(began)
		}
		done(result)
		results = append(results, result)
	}
	return results, nil
}

// Code is the exit code that stands for all: that of the first step that
// failed.
func Code(results []Result) int {
	for _, r := range results {
		if r.Code != 0 {
			return r.Code
		}
	}
	return 0
}

// Failed returns the steps that failed.
func Failed(results []Result) []Result {
	return slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return r.Code == 0 })
}

// Event is the event about a result.
func (r Result) Event() event.Step {
	return event.Step{Name: r.Name, Dir: r.Shown, Args: r.Args, Skipped: r.Skip, Code: r.Code, WallNS: r.Wall.Nanoseconds()}
}

// State is a word for what became of a step.
func (r Result) State() string {
	switch {
	case r.Skip != "":
		return "skipped"
	case r.Code == 0:
		return "ok"
	}
	return "failed"
}

// ErrUnknown is the cause of what [Parse] returns for a name that is no step's.
var ErrUnknown = errors.New("unknown step")

// Parse reads a comma-separated list of steps.
func Parse(list string) ([]string, error) {
	names := strings.Split(list, ",")
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return nil, &unknownError{name}
		}
	}
	return Sort(names), nil
}

type unknownError struct{ name string }

func (e *unknownError) Error() string {
	return "there is no step " + strconv.Quote(e.name) + "; there are " + strings.Join(Names(), ", ")
}

func (e *unknownError) Unwrap() error { return ErrUnknown }
