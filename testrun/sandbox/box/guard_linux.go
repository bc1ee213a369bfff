package box

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gust-go/gust/internal/limit"
)

// A guard looks at what the processes of a test use, often enough to end them
// before they do harm. Where the kernel can keep to a limit by itself, it does
// (see [confine]); the guard says what was hit.
//
// Memory is what belongs to the processes alone, each page counted once (the
// proportional set size). A limit of address space, RLIMIT_AS, or of private
// writable mappings, RLIMIT_DATA, would not do: the Go runtime reserves far more
// than it uses, and the race detector maps terabytes.
type guard struct {
	limits limit.Set
	// mine are the processes that belong to the test.
	mine func([]process) []process
	// end ends all of them.
	end func()

	mu   sync.Mutex
	hits []Hit
}

// A process is what the kernel says of one.
type process struct {
	pid, parent, threads int
	pages                int64
}

// needed reports whether there is anything to look at.
func (g *guard) needed() bool {
	for _, name := range []limit.Name{limit.Memory, limit.Processes, limit.OpenFiles} {
		if _, ok := g.limits.Of(name); ok {
			return true
		}
	}
	return false
}

// watch looks until a limit is hit for which the test has to end.
func (g *guard) watch() {
	for wait := pause(g.room(0, 0), 0); ; {
		time.Sleep(wait)
		began := time.Now()
		killed, room := g.look()
		if killed {
			return
		}
		wait = pause(room, time.Since(began))
	}
}

// pause is how long not to look: the more room there is, the longer it takes to
// fill. Looking at many processes takes a while, and is not to take much of a
// processor; but on a busy machine it takes long as well, and has to be done.
func pause(room float64, took time.Duration) time.Duration {
	wait := min(shortest+time.Duration(room*float64(longest)), longest)
	if room < 0.5 {
		return min(max(wait, 4*took), longest)
	}
	return min(max(wait, 20*took), 4*longest)
}

// room is what is left above what is used, as a part of 256 MiB or 500 processes.
func (g *guard) room(used, threads int64) float64 {
	room := 1.0
	if most, ok := g.limits.Of(limit.Memory); ok {
		room = min(room, float64(most-used)/(256<<20))
	}
	if most, ok := g.limits.Of(limit.Processes); ok {
		room = min(room, float64(most-threads)/500)
	}
	if _, ok := g.limits.Of(limit.OpenFiles); ok {
		room = min(room, 0.1)
	}
	return room
}

const (
	shortest = 2 * time.Millisecond
	longest  = 50 * time.Millisecond
)

// look is one look.
func (g *guard) look() (killed bool, room float64) {
	all := g.mine(processes())
	threads, used := int64(0), int64(0)
	for _, p := range all {
		threads += int64(p.threads)
		used += p.pages * int64(os.Getpagesize())
	}
	if most, ok := g.limits.Of(limit.Memory); ok && used > most {
		// That counts what processes share more than once, and files. Exactly it
		// is known only at some cost.
		if used = exactly(all); used > most {
			g.kill(limit.Memory, most)
			return true, 0
		}
	}
	if most, ok := g.limits.Of(limit.Processes); ok && threads > most {
		g.kill(limit.Processes, most)
		return true, 0
	}
	if most, ok := g.limits.Of(limit.OpenFiles); ok {
		for _, p := range all {
			if openFiles(p.pid) >= most {
				g.note(Hit{Name: limit.OpenFiles, Value: most})
			}
		}
	}
	return false, g.room(used, threads)
}

func (g *guard) kill(name limit.Name, value int64) {
	g.note(Hit{Name: name, Value: value, Killed: true})
	g.end()
}

// note keeps a hit, each limit once.
func (g *guard) note(hit Hit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, h := range g.hits {
		if h.Name == hit.Name {
			return
		}
	}
	g.hits = append(g.hits, hit)
}

func (g *guard) found() []Hit {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hits
}

// killed reports whether the test was ended.
func killed(hits []Hit) bool {
	for _, h := range hits {
		if h.Killed {
			return true
		}
	}
	return false
}

// processes are all that there are in this namespace, but for this one.
func processes() []process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	self := os.Getpid()
	var all []process
	buf := make([]byte, 1024)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == self {
			continue
		}
		if p, ok := readProcess(pid, buf); ok {
			all = append(all, p)
		}
	}
	return all
}

// readProcess reads /proc/PID/stat. The name in it may hold anything.
func readProcess(pid int, buf []byte) (process, bool) {
	fd, err := syscall.Open("/proc/"+strconv.Itoa(pid)+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return process{}, false
	}
	n, err := syscall.Read(fd, buf)
	_ = syscall.Close(fd)
	if err != nil || n <= 0 {
		return process{}, false
	}
	text := buf[:n]
	at := bytes.LastIndexByte(text, ')')
	// state, parent, …; the 20th field of all is threads, the 24th pages
	fields := bytes.Fields(text[at+1:])
	if at < 0 || len(fields) < 22 {
		return process{}, false
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
		return n
	}
	return process{pid: pid, parent: int(number(1)), threads: int(number(17)), pages: number(21)}, true
}

// exactly is the memory of processes that is no file's, with what they share
// counted once.
func exactly(all []process) int64 {
	total := int64(0)
	for _, p := range all {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.pid))
		if err != nil {
			// It has ended, or cannot be looked at: what is known has to do.
			if _, err := os.Stat(fmt.Sprintf("/proc/%d", p.pid)); err == nil {
				total += p.pages * int64(os.Getpagesize())
			}
			continue
		}
		for _, key := range []string{"Pss_Anon:", "Pss_Shmem:", "SwapPss:"} {
			_, rest, _ := bytes.Cut(data, []byte(key))
			if fields := bytes.Fields(rest[:min(len(rest), 40)]); len(fields) > 0 {
				kb, _ := strconv.ParseInt(string(fields[0]), 10, 64)
				total += kb << 10
			}
		}
	}
	return total
}

// openFiles is how many files a process has open, 0 where the kernel does not
// say it at once (before Linux 6.2).
func openFiles(pid int) int64 {
	var st syscall.Stat_t
	if syscall.Stat(fmt.Sprintf("/proc/%d/fd", pid), &st) != nil {
		return 0
	}
	return st.Size
}

// everyone is what belongs to a test in a namespace of its own.
func everyone(all []process) []process { return all }
