package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/isolation"
	"github.com/gust-go/gust/internal/process"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// allowHint is what lists all that a sandbox needs of the system.
const allowHint = "run: gust kernel check --for=sandbox"

// probe runs a program in a sandbox, to see whether there is one. What the kernel
// says of itself does not tell: a container, or a security module, may deny it.
func (s *Session) probe(ctx context.Context) error {
	r, err := s.try(ctx)
	if err != nil || r.Ran {
		return err
	}
	lack := lacking(s.options.Require, isolation.This())
	missing := ""
	if lack.Missing != "" {
		missing = ": " + lack.Missing
	}
	return fault.New(fault.Capability, lack.Action, "no %s isolation for tests: %s%s", s.options.Require, r.Error, missing)
}

// try runs gust itself in a sandbox.
func (s *Session) try(ctx context.Context) (box.Report, error) {
	var r box.Report
	defer s.Mark()()
	words := box.Words(s.options.Self, "probe", nil)
	env := append(append([]string{}, s.options.Environ...), s.Variable())
	cmd := process.NewForeground(ctx, append(words, s.options.Self, "version"), s.options.Dir, env)
	var out bytes.Buffer
	cmd.SetStdout(&out)
	cmd.SetStderr(&out)
	runErr := cmd.Run()
	names, _ := filepath.Glob(filepath.Join(s.dir, box.ReportNames))
	if len(names) != 1 {
		return r, fmt.Errorf("try a sandbox: %w: %s", runErr, out.String())
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		return r, fmt.Errorf("try a sandbox: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("try a sandbox: %w", err)
	}
	return r, nil
}

// lacking is what keeps tests from isolation, and how to allow it.
func lacking(level box.Level, h isolation.Host) isolation.Lack {
	lack := isolation.Namespaces(h)
	if level != box.Full {
		if lack = isolation.Landlock(); h.Filtered {
			lack.Missing += ", or a seccomp filter keeps it from programs"
		}
	}
	if lack.Action == "" {
		lack.Action = allowHint
	}
	return lack
}

// An Isolation is how far tests can be isolated here.
type Isolation struct {
	Level box.Level
	// Error says why it is not better, and Lack what to do about it.
	Error string
	Lack  isolation.Lack
}

// Probe finds that out by trying.
func Probe(ctx context.Context, o Options) (Isolation, error) {
	o.Mode, o.Require = Auto, ""
	s, err := Open(ctx, o)
	if err != nil {
		return Isolation{}, err
	}
	defer s.remove()
	r, err := s.try(ctx)
	i := Isolation{Level: r.Level, Error: r.Error}
	if err == nil && i.Level != box.Full {
		i.Lack = lacking(box.Full, isolation.This())
	}
	return i, err
}
