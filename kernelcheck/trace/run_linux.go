//go:build amd64 || arm64

package trace

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

// Run runs a command to its end and returns what it used. The error is about
// tracing or starting it; that the command fails is its ExitCode.
func Run(ctx context.Context, opts Options) (*Result, error) {
	path, err := exec.LookPath(opts.Args[0])
	if err != nil {
		return nil, fmt.Errorf("find the command: %w", err)
	}
	s, err := open()
	if err != nil {
		return nil, refused(err)
	}
	defer s.close()
	c := exec.CommandContext(ctx, opts.Self, append([]string{raw.HoldCommand, strconv.FormatUint(uint64(s.token), 10), path}, opts.Args...)...)
	c.Env, c.Stdin, c.Stdout, c.Stderr = opts.Environ, opts.Stdin, opts.Stdout, opts.Stderr
	reader, err := ringbuf.NewReader(s.ring)
	if err != nil {
		return nil, fmt.Errorf("read the ring buffer: %w", err)
	}
	defer reader.Close()
	seen := make(chan tally, 1)
	go func() { seen <- collect(reader) }()
	started := time.Now()
	runErr := c.Run()
	wall := time.Since(started)
	if err := reader.Flush(); err != nil {
		return nil, fmt.Errorf("read the ring buffer: %w", err)
	}
	uses := <-seen
	if c.ProcessState == nil {
		return nil, fmt.Errorf("start the command: %w", runErr)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.result(c.ProcessState, wall, uses), nil
}

// refused tells a want of privilege from a want of features.
func refused(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: %w", ErrPrivilege, err)
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ENOSYS):
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return err
}

// A session is what is loaded into the kernel for one trace.
type session struct {
	maps
	token  uint32
	faults bool
	closes []func() error
}

func (s *session) close() {
	for i := len(s.closes) - 1; i >= 0; i-- {
		_ = s.closes[i]()
	}
}

// open loads and attaches everything; on an error nothing stays behind.
func open() (s *session, err error) {
	s = &session{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	var token [4]byte
	if _, err := rand.Read(token[:]); err != nil {
		return s, err
	}
	s.token = binary.NativeEndian.Uint32(token[:])
	if err := s.makeMaps(); err != nil {
		return s, err
	}
	fork, err := s.onFork()
	if err != nil {
		return s, err
	}
	call, err := s.onSyscall(s.token, numPrctl, numOpenat)
	if err != nil {
		return s, err
	}
	for _, p := range []struct {
		at   string
		spec *ebpf.ProgramSpec
	}{{"sched_process_fork", fork}, {"sys_exit", call}} {
		if err := s.attach(p.at, p.spec); err != nil {
			return s, err
		}
	}
	// The tracepoint is x86's; the resource usage counts faults everywhere.
	s.faults = s.attach("page_fault_user", s.onFault()) == nil
	return s, nil
}

func (s *session) makeMaps() error {
	for _, m := range []struct {
		to   **ebpf.Map
		spec ebpf.MapSpec
	}{
		{&s.processes, ebpf.MapSpec{Name: "gust_processes", Type: ebpf.Hash, KeySize: 4, ValueSize: 4, MaxEntries: 1 << 16}},
		{&s.wanted, ebpf.MapSpec{Name: "gust_wanted", Type: ebpf.Hash, KeySize: 4, ValueSize: 4, MaxEntries: 64}},
		{&s.counters, ebpf.MapSpec{Name: "gust_counters", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: slots}},
		{&s.ring, ebpf.MapSpec{Name: "gust_ring", Type: ebpf.RingBuf, MaxEntries: 1 << 21}},
	} {
		made, err := ebpf.NewMap(&m.spec)
		if err != nil {
			return fmt.Errorf("make map %s: %w", m.spec.Name, err)
		}
		*m.to = made
		s.closes = append(s.closes, made.Close)
	}
	for _, w := range watched() {
		if err := s.wanted.Put(w.number, uint32(1)); err != nil {
			return fmt.Errorf("list the system calls: %w", err)
		}
	}
	return nil
}

func (s *session) attach(at string, spec *ebpf.ProgramSpec) error {
	prog, err := ebpf.NewProgram(spec)
	if err != nil {
		return fmt.Errorf("load %s: %w", spec.Name, err)
	}
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: at, Program: prog})
	_ = prog.Close() // the link holds it
	if err != nil {
		return fmt.Errorf("attach to %s: %w", at, err)
	}
	s.closes = append(s.closes, l.Close)
	return nil
}

func (s *session) counter(slot uint32) uint64 {
	var n uint64
	if s.counters.Lookup(slot, &n) != nil {
		return 0
	}
	return n
}

func (s *session) result(state *os.ProcessState, wall time.Duration, uses tally) *Result {
	r := &Result{
		ExitCode: state.ExitCode(), Wall: wall, User: state.UserTime(), System: state.SystemTime(), Uses: uses.sorted(),
		Faults: s.counter(slotFaults), WriteFaults: s.counter(slotWrites), ProtectionFaults: s.counter(slotProtected),
		FaultsKnown: s.faults, Lost: s.counter(slotLost),
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		r.ExitCode = 128 + int(status.Signal())
	}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		r.Minor, r.Major = int64(usage.Minflt), int64(usage.Majflt)
	}
	return r
}
