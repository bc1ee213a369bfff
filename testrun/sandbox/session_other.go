//go:build !linux

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/isolation"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// A Session is the sandboxes of one run: a temporary directory for each package.
type Session struct {
	options     Options
	spec        box.Spec
	dir         string
	flag, value string
}

// Open makes a place for the sandboxes of a run. Without a sandbox the session is
// nil, whose methods do nothing.
func Open(_ context.Context, o Options) (*Session, error) {
	if !o.on() {
		return nil, nil
	}
	least := o.Require
	if least == "" && o.Mode == Strict {
		least = box.Full
	}
	if least != "" && !box.Basic.AtLeast(least) {
		return nil, fault.New(fault.Capability, noHint, "no %s isolation for tests: %s", least, why())
	}
	if len(o.Limits) > 0 || o.ClockOffset != 0 {
		return nil, errors.New("limits and clocks of tests cannot be set on " + runtime.GOOS)
	}
	dir, err := os.MkdirTemp("", "gust-sandbox-")
	if err != nil {
		return nil, fmt.Errorf("make a place for sandboxes: %w", err)
	}
	s := &Session{options: o, dir: dir}
	spec := box.Spec{Dir: dir, Level: box.Basic, Strict: o.Mode == Strict, Least: o.Require, Pin: o.Pin, Packages: o.Packages, Env: usual(o)}
	s.spec = spec
	if s.flag, err = o.flag(); err == nil {
		s.value, err = spec.Encode()
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

const noHint = "run: gust test --require-isolation=basic, or run the tests on Linux"

func why() string { return "there is only basic isolation on " + runtime.GOOS }

// usual are the variables that strict tests see.
func usual(o Options) []string {
	return slices.Concat([]string{"PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TMP*", "TEMP", "LANG", "LC_*", "TZ", "TERM", "USER", "CI", "GO*", "CGO_*"}, o.Vars)
}

// Flag makes go test run tests in sandboxes, if Variable is in its environment.
func (s *Session) Flag() string { return s.flag }

// Variable is for go's environment.
func (s *Session) Variable() string { return box.Var + "=" + s.value }

// Reached is empty: tests are on the machine's network.
func (s *Session) Reached() map[string][]string { return nil }

// HostVariable is Variable.
func (s *Session) HostVariable() (string, error) { return s.Variable(), nil }

// MemoryVariable is Variable: files are where the system has them.
func (s *Session) MemoryVariable() (string, error) { return s.Variable(), nil }

// OffVariable is Variable for tests that are to run without a sandbox.
func (s *Session) OffVariable() (string, error) {
	spec := s.spec
	spec.Level, spec.Least, spec.Strict, spec.Packages = box.Off, box.Off, false, nil
	value, err := spec.Encode()
	return box.Var + "=" + value, err
}

// Mark remembers which tests have run; forget makes as if those that ran since had
// not.
func (s *Session) Mark() (forget func()) {
	if s == nil {
		return func() {}
	}
	pattern := filepath.Join(s.dir, box.ReportNames)
	before, _ := filepath.Glob(pattern)
	return func() {
		now, _ := filepath.Glob(pattern)
		for _, dir := range now {
			if !slices.Contains(before, dir) {
				_ = os.RemoveAll(dir)
			}
		}
	}
}

// Close reads what became of the sandboxes and removes them.
func (s *Session) Close() (Findings, error) {
	if s == nil {
		return Findings{}, nil
	}
	defer os.RemoveAll(s.dir)
	names, _ := filepath.Glob(filepath.Join(s.dir, box.ReportNames))
	f := Findings{Lack: isolation.Lack{Action: "run the tests on Linux"}}
	for _, name := range names {
		data, err := os.ReadFile(name)
		var r box.Report
		if err == nil {
			err = json.Unmarshal(data, &r)
		}
		if err != nil {
			return f, fmt.Errorf("read the report of a sandbox: %w", err)
		}
		p := Package{Path: importPath(r.Dir, s.options.Env), Dir: r.Dir, Level: r.Level, Error: r.Error, Ran: r.Ran}
		if r.Ran && r.Level == box.Basic {
			p.Error = why()
		}
		if s.options.Leaks != LeaksOff {
			p.Temp = r.Temp
		}
		f.Packages = append(f.Packages, p)
	}
	slices.SortStableFunc(f.Packages, func(a, b Package) int { return compare(a.Path, b.Path) })
	return f, nil
}

// An Isolation is how far tests can be isolated here.
type Isolation struct {
	Level box.Level
	Error string
	Lack  isolation.Lack
}

// Probe says how far.
func Probe(context.Context, Options) (Isolation, error) {
	return Isolation{Level: box.Basic, Error: why(), Lack: isolation.Lack{Action: "run the tests on Linux"}}, nil
}
