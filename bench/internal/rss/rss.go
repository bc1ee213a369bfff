// Package rss finds the peak memory of the processes of one program while a
// build runs.
//
// The resource usage that wait4 returns for a wrapper includes the compiler it
// waited for, which is larger than the wrapper. So the kernel's high-water
// mark is read from /proc while the processes live. It never falls, so a
// process that lives for a few sampling periods is measured to its peak but
// for what it did in the last period. Elsewhere than on Linux nothing is found.
package rss

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Period is the time between two samples.
const Period = 5 * time.Millisecond

// A Peak is the largest resident set of any one process, in bytes; zero means
// that none was seen.
type Peak struct {
	// Command is the peak of the processes a person starts.
	Command int64
	// Wrapper is the peak of `gust toolexec`, of which go starts many.
	Wrapper int64
}

// Max is the larger of each figure.
func (p Peak) Max(q Peak) Peak {
	return Peak{Command: max(p.Command, q.Command), Wrapper: max(p.Wrapper, q.Wrapper)}
}

// A Sampler watches the processes that run one executable.
type Sampler struct {
	exe  string
	proc string // where the proc file system is mounted; a test's own folder
	peak Peak
	quit chan struct{}
	done sync.WaitGroup
}

// Watch starts sampling processes that run exe.
func Watch(exe string) *Sampler {
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	s := &Sampler{exe: exe, proc: "/proc", quit: make(chan struct{})}
	s.done.Add(1)
	go s.run()
	return s
}

// Stop ends sampling and returns what was found.
func (s *Sampler) Stop() Peak {
	close(s.quit)
	s.done.Wait()
	return s.peak
}

func (s *Sampler) run() {
	defer s.done.Done()
	tick := time.NewTicker(Period)
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-tick.C:
			s.sample()
		}
	}
}

// sample reads every process once. Processes come and go meanwhile: whatever
// cannot be read is left out.
func (s *Sampler) sample() {
	dir, err := os.Open(s.proc)
	if err != nil {
		return
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return
	}
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		pid := filepath.Join(s.proc, name)
		if exe, err := os.Readlink(filepath.Join(pid, "exe")); err != nil || exe != s.exe {
			continue
		}
		s.peak = s.peak.Max(read(pid))
	}
}

func read(pid string) Peak {
	status, err := os.ReadFile(filepath.Join(pid, "status"))
	if err != nil {
		return Peak{}
	}
	cmdline, err := os.ReadFile(filepath.Join(pid, "cmdline"))
	if err != nil {
		return Peak{}
	}
	args := bytes.Split(cmdline, []byte{0})
	if len(args) > 1 && string(args[1]) == "toolexec" {
		return Peak{Wrapper: highWater(status)}
	}
	return Peak{Command: highWater(status)}
}

// highWater finds the line "VmHWM:   12345 kB".
func highWater(status []byte) int64 {
	_, rest, found := bytes.Cut(status, []byte("\nVmHWM:"))
	fields := bytes.Fields(rest)
	if !found || len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
