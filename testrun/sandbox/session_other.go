//go:build !linux

package sandbox

import (
	"context"
	"errors"
	"runtime"

	"github.com/gust-go/gust/internal/fault"
)

// A Session is the sandboxes of one run; there are none here.
type Session struct{}

// Open says that there is no sandbox on this system.
func Open(_ context.Context, o Options) (*Session, error) {
	if !o.on() {
		return nil, nil
	}
	if o.Require != "" {
		return nil, fault.New(fault.Capability, "run the tests on Linux", "no %s isolation for tests: there is no sandbox on %s", o.Require, runtime.GOOS)
	}
	return nil, errors.New("there is no sandbox on " + runtime.GOOS)
}

// Flag is not called here.
func (s *Session) Flag() string { return "" }

// Variable is not called here.
func (s *Session) Variable() string { return "" }

// Reached is not called here.
func (s *Session) Reached() map[string][]string { return nil }

// HostVariable is not called here.
func (s *Session) HostVariable() (string, error) { return "", nil }

// MemoryVariable is not called here.
func (s *Session) MemoryVariable() (string, error) { return "", nil }

// OffVariable is not called here.
func (s *Session) OffVariable() (string, error) { return "", nil }

// Mark has nothing to forget.
func (s *Session) Mark() (forget func()) { return func() {} }

// Close finds nothing.
func (s *Session) Close() (Findings, error) { return Findings{}, nil }
