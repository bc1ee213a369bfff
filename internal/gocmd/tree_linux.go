package gocmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Descendants lists the processes below pid, parents first.
func Descendants(pid int) ([]Process, error) {
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("list processes: /proc is not there")
	}
	var all []Process
	for _, dir := range names {
		if p, ok := readProcess(dir); ok {
			all = append(all, p)
		}
	}
	return below(all, pid), nil
}

// readProcess reads one directory of /proc. Processes that are gone or dead
// are left out.
func readProcess(dir string) (p Process, ok bool) {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return p, false
	}
	// The name in parentheses may hold anything, parentheses included.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 || fields[0] == "Z" || fields[0] == "X" {
		return p, false
	}
	if p.PID, err = strconv.Atoi(filepath.Base(dir)); err != nil {
		return p, false
	}
	if p.Parent, err = strconv.Atoi(fields[1]); err != nil {
		return p, false
	}
	if line, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil {
		p.Args = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	}
	p.Dir, _ = os.Readlink(filepath.Join(dir, "cwd"))
	return p, true
}

// Adopt makes this process the parent of descendants whose own parents end,
// so that [Descendants] goes on finding them.
func Adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a subreaper: %w", err)
	}
	return nil
}

// Quit makes a Go program print its goroutines and exit.
func Quit(pid int) error { return unix.Kill(pid, unix.SIGQUIT) }

// Kill ends a process at once.
func Kill(pid int) error { return unix.Kill(pid, unix.SIGKILL) }

// KillDescendants kills everything below pid, also what is started meanwhile.
func KillDescendants(pid int) error {
	// Each round stops what could start more.
	for range 10 {
		all, err := Descendants(pid)
		if err != nil || len(all) == 0 {
			return err
		}
		for _, p := range all {
			// It may just have ended.
			_ = unix.Kill(p.PID, unix.SIGKILL)
		}
	}
	return nil
}
