package box

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/limit"
)

// TestLimits: a test that uses too much of something is ended, or cannot have it,
// and the limit has a name. One that uses less does not notice.
func TestLimits(t *testing.T) {
	for _, test := range []struct {
		what, some, much string // amounts
		limit            limit.Name
		value            int64
		killed           bool
		says             string // where it is not ended
	}{
		{"memory", "20", "400", limit.Memory, 100 << 20, true, ""},
		{"memory-of-children", "", "400", limit.Memory, 200 << 20, true, ""},
		{"processes", "5", "120", limit.Processes, 50, true, ""},
		{"fork-without-end", "", "8", limit.Processes, 150, true, ""},
		{"open-files", "50", "500", limit.OpenFiles, 100, false, "too many open files"},
		{"file-size", "1", "5", limit.FileSize, 2 << 20, false, "file too large"},
		{"disk", "", "200", limit.Disk, 20 << 20, true, ""},
		{"time", "", "600", limit.Time, int64(300 * time.Millisecond), true, ""},
	} {
		for _, uid := range users() {
			t.Run(fmt.Sprintf("%s,uid=%d", test.what, uid), func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				l.giveTo(uid)
				l.spec.Limits = limit.Set{test.limit: test.value}
				self := l.copySelf()
				if test.some != "" {
					out, code, r := l.execAs(uid, self, "helper", "use", test.what, test.some)
					if code != 0 || len(r.Hits) > 0 || r.Error != "" {
						t.Errorf("%s: status %d, report %+v: %s", test.some, code, r, out)
					}
				}
				out, code, r := l.execAs(uid, self, "helper", "use", test.what, test.much)
				if code == 0 || r.Error != "" || !strings.Contains(out, test.says) {
					t.Errorf("status %d, report %+v, no %q in: %s", code, r, test.says, out)
				}
				want := Hit{Name: test.limit, Value: test.value, Killed: test.killed}
				if len(r.Hits) == 0 && test.says != "" {
					return // its message is all there is; who looks may have come too late
				}
				if len(r.Hits) != 1 || r.Hits[0] != want {
					t.Errorf("hit %+v, want %+v; output %s", r.Hits, want, out)
				}
				if test.killed && !strings.Contains(out, "gust: killed: the tests hit "+limit.Text(test.limit, test.value)) {
					t.Errorf("output %s", out)
				}
				gone(t, "", l.spec.Dir)
			})
		}
	}
}

// users are those as whom a sandbox is tried.
func users() []int {
	if os.Getuid() == 0 {
		return []int{0, nobody}
	}
	return []int{os.Getuid()}
}

// TestPinned: what is pinned is so whatever the environment, and a package's own
// counts.
func TestPinned(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.env = append(l.env, "A=outside", "B=outside")
	l.spec.Pin = []string{"A=all", "TZ=UTC"}
	l.spec.Packages = []Package{{Dir: l.repo, Pin: []string{"A=package"}, Limits: limit.Set{limit.OpenFiles: 77}}}
	out, code, r := l.run(`echo $A $B $TZ $(ulimit -n) $(ulimit -Hn)`)
	if want := "package outside UTC 77 77\n"; out != want || code != 0 || r.Error != "" {
		t.Errorf("%q, want %q; %+v", out, want, r)
	}
}

// TestClock: the clocks that count from when the machine started can be set ahead,
// the time of day cannot.
func TestClock(t *testing.T) {
	t.Parallel()
	for _, uid := range users() {
		l := newLab(t)
		l.giveTo(uid)
		l.spec.ClockOffset = int64(1000*time.Hour - time.Millisecond)
		out, code, r := l.execAs(uid, "/bin/sh", "-c", "cut -d. -f1 /proc/uptime; date +%s")
		if code != 0 || r.Error != "" {
			t.Fatalf("uid %d: status %d, %+v: %s", uid, code, r, out)
		}
		now, err := os.ReadFile("/proc/uptime")
		if err != nil {
			t.Fatal(err)
		}
		uptime, _, _ := strings.Cut(string(now), ".")
		first, rest, _ := strings.Cut(out, "\n")
		ahead := time.Duration(seconds(t, first)-seconds(t, uptime)) * time.Second
		day := time.Now().Unix() - int64(seconds(t, strings.TrimSpace(rest)))
		if ahead < 999*time.Hour || ahead > 1000*time.Hour+time.Second || day < 0 || day > 60 {
			t.Errorf("uid %d: %v ahead, the time of day %d s off", uid, ahead, day)
		}
	}
}

func seconds(t *testing.T, text string) int {
	t.Helper()
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			t.Fatalf("%q is no number", text)
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// TestGroupParent finds where a group can be made in what real systems say.
func TestGroupParent(t *testing.T) {
	const systemd = "26 23 0:24 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
	for _, test := range []struct{ groups, mounts, want string }{
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n", systemd, "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice"},
		{"9:memory:/a\n0::/\n", systemd, ""},
		{"0::/a\n", systemd, "/sys/fs/cgroup"},
		{"9:memory:/a\n", systemd, ""},
		{"0::/a/b\n", "1 2 0:1 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n2 1 0:2 /a /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/unified"},
		{"0::/a/b\n", "1 2 0:1 / /sys/fs/cgroup rw - cgroup cgroup rw,memory\n", ""},
		{"", "", ""},
	} {
		if got := parentOf([]byte(test.groups), []byte(test.mounts)); got != test.want {
			t.Errorf("%q: %q, want %q", test.groups, got, test.want)
		}
	}
}

func TestOpenFiles(t *testing.T) {
	before := openFiles(os.Getpid())
	if before == 0 {
		t.Skip("this kernel does not say at once how many files a process has open (Linux 6.2)")
	}
	for range 20 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	if n := openFiles(os.Getpid()); n < 20 {
		t.Errorf("%d files are open", n)
	}
}

func TestDiskUse(t *testing.T) {
	dir := t.TempDir()
	if err := fill(filepath.Join(dir, "a"), 3); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	if n := diskUse(dir); n < 3<<20 || n > 4<<20 {
		t.Errorf("%d bytes", n)
	}
}
