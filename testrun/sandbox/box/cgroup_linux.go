package box

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// A group is a control group (version 2) of a test's own. There is one where the
// user may make it: where systemd, or whoever runs the machine, has delegated a
// part of the hierarchy. Whether that is so is found out by making one.
type group struct {
	dir string
	fd  int
	// memory is true if it keeps to the limit of memory, processes to that of
	// processes.
	memory, processes bool
}

// groupPrefix is what the names of groups begin with.
const groupPrefix = "gust-box-"

// newGroup makes one for a run, beside the group that this process is in, as a group has
// either processes or others below it. It is nil where there can be none of use.
func newGroup(run string, limits limit.Set) *group {
	parent := groupParent()
	if parent == "" {
		return nil
	}
	memory, hasMemory := limits.Of(limit.Memory)
	threads, hasThreads := limits.Of(limit.Processes)
	if !hasMemory && !hasThreads {
		return nil
	}
	dir, err := os.MkdirTemp(parent, groupPrefix+fspath.Base(run)+"-")
	if err != nil {
		return nil
	}
	g := &group{dir: dir, fd: -1}
	g.memory = hasMemory && g.set("memory.max", memory)
	if g.memory {
		_ = g.set("memory.swap.max", 0)
	}
	g.processes = hasThreads && g.set("pids.max", threads+spare)
	if g.memory || g.processes {
		g.fd, err = syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
		if err == nil {
			return g
		}
	}
	g.close()
	return nil
}

func (g *group) set(file string, value int64) bool {
	return os.WriteFile(fspath.Join(g.dir, file), []byte(strconv.FormatInt(value, 10)), 0) == nil
}

// start starts something in the group. The kernel may not know how to, or not be
// allowed to.
func (g *group) start(attr *syscall.SysProcAttr, start func() (int, error)) (int, error) {
	if g == nil {
		return start()
	}
	attr.UseCgroupFD, attr.CgroupFD = true, g.fd
	pid, err := start()
	if err == nil {
		return pid, nil
	}
	attr.UseCgroupFD = false
	g.memory, g.processes = false, false
	return start()
}

// hits are the limits that the kernel had to keep the group to.
func (g *group) hits(limits limit.Set) []Hit {
	if g == nil {
		return nil
	}
	var hits []Hit
	if n, ok := limits.Of(limit.Memory); ok && g.memory && g.counted("memory.events", "oom_kill") {
		hits = append(hits, Hit{Name: limit.Memory, Value: n, Killed: true})
	}
	return hits
}

// counted reports whether something has happened in the group.
func (g *group) counted(file, key string) bool {
	data, err := os.ReadFile(fspath.Join(g.dir, file))
	if err != nil {
		return false
	}
	for line := range bytes.Lines(data) {
		name, n, _ := strings.Cut(trimLine(line), " ")
		if name == key {
			return n != "0"
		}
	}
	return false
}

// close ends what is in the group, and removes it, unless the kernel still takes
// the namespaces of the first process down.
func (g *group) close() {
	if g == nil {
		return
	}
	if g.fd >= 0 {
		_ = syscall.Close(g.fd)
		g.fd = -1
	}
	_ = os.WriteFile(fspath.Join(g.dir, "cgroup.kill"), []byte("1"), 0)
	_ = os.Remove(g.dir)
}

// RemoveGroups removes the control groups that are left of a run.
func RemoveGroups(run string) {
	left := groupsAs(groupPrefix + fspath.Base(run) + "-*")
	for wait := time.Millisecond; len(left) > 0 && wait < 4*time.Second; wait *= 2 {
		left = removeAll(left)
		if len(left) > 0 {
			time.Sleep(wait)
		}
	}
}

// SweepGroups removes groups that nobody is in any more, of runs that were killed.
// One that is just being made is empty, too.
func SweepGroups(now time.Time) {
	for _, dir := range groupsAs(groupPrefix + "*") {
		if info, err := os.Stat(dir); err == nil && now.Sub(info.ModTime()) > time.Minute {
			_ = os.Remove(dir)
		}
	}
}

// groupsAs are the groups whose names match a pattern.
func groupsAs(pattern string) []string {
	parent := groupParent()
	if parent == "" {
		return nil
	}
	return fspath.Matching(parent, pattern)
}

// removeAll removes empty groups and returns those that are not.
func removeAll(dirs []string) []string {
	var left []string
	for _, dir := range dirs {
		if err := os.Remove(dir); errors.Is(err, syscall.EBUSY) {
			left = append(left, dir)
		}
	}
	return left
}

// groupParent is the directory of the group above that of this process, ""
// without a hierarchy of version 2.
func groupParent() string {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil || ownGroup(data) == "" {
		return ""
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	return parentOf(data, mounts)
}

// ownGroup is the path of the group that this process is in, "" if there is none,
// or nothing can be made beside it.
func ownGroup(groups []byte) string {
	for line := range bytes.Lines(groups) {
		if path, ok := strings.CutPrefix(trimLine(line), "0::"); ok && path != "/" {
			return path
		}
	}
	return ""
}

// parentOf finds it in what the kernel says of groups and mounts.
func parentOf(groups, mounts []byte) string {
	own := ownGroup(groups)
	if own == "" {
		return ""
	}
	for line := range bytes.Lines(mounts) {
		// id parent device root point options … - type source options
		fields := strings.Fields(trimLine(line))
		before, after, _ := strings.Cut(trimLine(line), " - ")
		if len(fields) < 6 || before == "" || !strings.HasPrefix(after, "cgroup2 ") {
			continue
		}
		root, point := fields[3], fields[4]
		if root == "/" {
			root = ""
		}
		if rel, ok := strings.CutPrefix(own, root+"/"); ok {
			return fspath.Dir(fspath.Join(point, rel))
		}
	}
	return ""
}
