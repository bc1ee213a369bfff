// Package side runs the builds a benchmark compares. A side is the go command
// or gust with caches, a home directory and a binary of its own, so that
// nothing one side has built can help another.
package side

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// BuildFlags go to both sides of every build. Version control stamps are off:
// their cost depends on the state of a git work tree, not on the build, and
// they would make binaries differ between commits that build the same code.
var BuildFlags = []string{"-buildvcs=false"}

// A Side is one way to build.
type Side struct {
	// Title is the side's column heading.
	Title string
	// Exe is the command that stands for go.
	Exe string
	// Gust is true where Exe knows gust's own flags.
	Gust bool
	// Flags are gust's own flags for this side.
	Flags []string
	// Exact sides must build the same bytes as go.
	Exact bool
	// Dir holds the side's caches, home directory and binary.
	Dir string
	// GoEnv are variables that keep the user's go configuration and module
	// cache in force in spite of the other home directory.
	GoEnv []string
}

// A Result is what one build came to.
type Result struct {
	Wall time.Duration
	// Exit is the exit code; where it is not zero, Output tells why.
	Exit   int
	Output string
	// Counts is what the compiler did; nil where it was not observed.
	Counts *Counts
}

// Binary is where the side's builds leave their program.
func (s *Side) Binary() string { return filepath.Join(s.Dir, "bin", "program") }

// GoCache is the side's build cache.
func (s *Side) GoCache() string { return filepath.Join(s.Dir, "gocache") }

// Build builds pkg of the module in tree once. With observe, go writes its
// action graph, from which compiles are counted; that takes some 20 ms, so
// builds that are done in less than a second should be timed without it.
// gust counts by itself. A failing build is a result, not an error.
func (s *Side) Build(ctx context.Context, tree, pkg string, observe bool) (Result, error) {
	if err := os.MkdirAll(filepath.Dir(s.Binary()), 0o755); err != nil {
		return Result{}, fmt.Errorf("prepare side %q: %w", s.Title, err)
	}
	graph := filepath.Join(s.Dir, "actiongraph.json")
	cmd := exec.CommandContext(ctx, s.Exe, s.args(pkg, graph, observe)...)
	cmd.Dir = tree
	cmd.Env = s.env(os.Environ())
	var stdout, stderr bytes.Buffer // apart, so that no event is torn
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	result := Result{Wall: time.Since(start), Output: stdout.String() + stderr.String()}
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		result.Exit = exit.ExitCode()
	case err != nil:
		return Result{}, fmt.Errorf("run side %q: %w", s.Title, err)
	}
	return s.count(result, graph, observe)
}

func (s *Side) count(r Result, graph string, observe bool) (Result, error) {
	var err error
	switch {
	case s.Gust:
		r.Counts, r.Output, err = gustCounts(r.Output)
	case observe && r.Exit == 0:
		r.Counts, err = goCounts(graph)
	}
	if err != nil && r.Exit == 0 {
		return Result{}, fmt.Errorf("count compiles of side %q: %w", s.Title, err)
	}
	return r, nil
}

func (s *Side) args(pkg, graph string, observe bool) []string {
	args := []string{"build"}
	if s.Gust {
		args = append(args, s.Flags...)
		args = append(args, "--json")
	} else if observe {
		args = append(args, "-debug-actiongraph="+graph)
	}
	args = append(args, BuildFlags...)
	return append(args, "-o", s.Binary(), pkg)
}

// env is the user's environment with the side's own directories. Variables
// that would configure gust or share a cache between sides are left out.
func (s *Side) env(environ []string) []string {
	home := filepath.Join(s.Dir, "home")
	own := append([]string{
		"HOME=" + home,
		"USERPROFILE=" + home,
		"XDG_CACHE_HOME=" + filepath.Join(home, ".cache"),
		"XDG_CONFIG_HOME=" + filepath.Join(home, ".config"),
		"GOCACHE=" + s.GoCache(),
		"GUST_CACHE=" + filepath.Join(s.Dir, "gust"),
	}, s.GoEnv...)
	var env []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "GUST_") && name != "GOCACHEPROG" {
			env = append(env, kv)
		}
	}
	return append(env, own...) // of two values exec uses the last
}
