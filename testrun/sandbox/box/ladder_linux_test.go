package box

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/limit"
)

// rungs are the levels below the first.
func rungs() []Level { return []Level{Landlock, Basic} }

// TestRungs is what a program sees and leaves behind on a lower rung.
func TestRungs(t *testing.T) {
	for _, uid := range users() {
		for _, level := range rungs() {
			t.Run(fmt.Sprintf("%s,uid=%d", level, uid), func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				l.giveTo(uid)
				l.spec.Level = level
				out, code, r := l.execAs(uid, "/bin/sh", "-c", `
echo x >$TMPDIR/left; echo x >made; cat kept "$HOME/dotfile"; echo; echo $TMPDIR; ulimit -n
setsid sleep 1234 </dev/null >/dev/null 2>&1 & sleep 0.1
exit 7`)
				lines := strings.Split(out, "\n")
				if code != 7 || r.Level != level || r.Error != "" || !r.Ran || len(lines) < 2 || lines[0] != "beforebefore" {
					t.Fatalf("status %d, report %+v, output:\n%s", code, r, out)
				}
				if _, err := os.Stat(lines[1]); err == nil || !strings.Contains(filepath.Base(lines[1]), TmpPrefix) {
					t.Errorf("%q is there", lines[1])
				}
				if len(r.Left) != 1 || !strings.HasSuffix(strings.Join(r.Left[0].Args, " "), "sleep 1234") || !slices.Equal(r.Temp, []string{"$TMPDIR/left"}) {
					t.Errorf("left %+v %q", r.Left, r.Temp)
				}
				made := filepath.Join(l.repo, "made")
				if want := level == Landlock; slices.Equal(r.InPlace, []string{made}) != want {
					t.Errorf("wrote in place %q", r.InPlace)
				}
			})
		}
	}
}

// TestRungLimits: limits hold where there are no namespaces, too. The rungs take
// turns.
func TestRungLimits(t *testing.T) {
	for i, test := range []struct {
		what, much string
		limit      limit.Name
		value      int64
	}{
		{"memory", "400", limit.Memory, 100 << 20},
		{"processes", "120", limit.Processes, 50},
		{"fork-without-end", "7", limit.Processes, 150},
		{"disk", "200", limit.Disk, 20 << 20},
		{"time", "600", limit.Time, 3e8},
	} {
		for _, uid := range users() {
			level := map[bool]Level{true: Landlock, false: Basic}[uid == 0 == (i%2 == 0)]
			t.Run(fmt.Sprintf("%s,%s,uid=%d", test.what, level, uid), func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				l.giveTo(uid)
				l.spec.Level = level
				l.spec.Limits = limit.Set{test.limit: test.value}
				out, code, r := l.execAs(uid, l.copySelf(), "helper", "use", test.what, test.much)
				want := Hit{Name: test.limit, Value: test.value, Killed: true}
				if code == 0 || r.Error != "" || len(r.Hits) != 1 || r.Hits[0] != want {
					t.Errorf("status %d, report %+v: %s", code, r, out)
				}
			})
		}
	}
}

// TestStrictRung: strict tests see little of the machine with Landlock, too.
func TestStrictRung(t *testing.T) {
	t.Parallel()
	for _, uid := range users() {
		l := newLab(t)
		l.giveTo(uid)
		l.spec.Level, l.spec.Least, l.spec.Strict, l.spec.Home = Landlock, Landlock, true, l.home
		l.spec.Env = []string{"PATH", "HOME"}
		l.spec.Readable = []string{"/usr", "/bin", "/lib", "/lib64", "/proc", "/dev", "/etc/ld.so.cache"}
		out, code, r := l.execAs(uid, "/bin/sh", "-c", `echo x >$TMPDIR/ok && rm $TMPDIR/ok && echo x >$HOME/ok && echo fine
cat kept; ls $HOME; (echo x >kept) 2>/dev/null || echo no; cat /etc/hostname `+l.home+`/dotfile 2>/dev/null || echo no`)
		if want := "fine\nbeforeok\nno\nno\n"; out != want || code != 0 || r.Error != "" || len(r.Temp)+len(r.InPlace) > 0 {
			t.Errorf("uid %d: status %d, %+v: %q, want %q", uid, code, r, out, want)
		}
	}
}

// TestLeases: tests of two packages that want the same port have it one after the
// other.
func TestLeases(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.spec.Level = Landlock
	self := l.copySelf()
	addr := lowPort(t)
	port := addr.Addr().String()
	if err := addr.Close(); err != nil {
		t.Fatal(err)
	}
	first := l.command(self, "helper", "occupy", port)
	out, err := first.StdoutPipe()
	in, inErr := first.StdinPipe()
	if err != nil || inErr != nil {
		t.Fatal(err, inErr)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	second := l.command(self, "helper", "listen", port)
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil { // the first ends only now
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Error("the first:", err)
	}
	if err := second.Wait(); err != nil {
		t.Error("the second:", err)
	}
}

// TestDown: what cannot be had is tried one rung below, if that may be.
func TestDown(t *testing.T) {
	for _, test := range []struct {
		least Level
		want  Level
	}{{"", Landlock}, {Landlock, Landlock}, {Basic, Landlock}, {Full, ""}} {
		l := newLab(t)
		l.spec.Least = test.least
		l.spec.Trees = append(l.spec.Trees, Tree{Name: "gone", Path: "/nonexistent"}) // no overlay can be put there
		out, code, r := l.run("echo ran")
		if r.Level != test.want || r.Error == "" || r.Ran != (test.want != "") || (out == "ran\n") != r.Ran || (code == 0) != r.Ran {
			t.Errorf("least %q: status %d, %+v: %s", test.least, code, r, out)
		}
	}
}

// TestBasicElsewhere is what other systems have, tried here.
func TestBasicElsewhere(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		l := newLab(t)
		l.spec.Level, l.spec.Least, l.spec.Strict, l.spec.Env = Basic, Basic, strict, []string{"PATH", "HOME"}
		cmd := l.command("/bin/sh", "-c", `echo x >$TMPDIR/left; echo $TMPDIR; test -e $HOME/dotfile || echo no home; exit 3`)
		cmd.Args[1] = "basic"
		out, err := cmd.CombinedOutput()
		dir, rest, _ := strings.Cut(string(out), "\n")
		r := l.report()
		if _, statErr := os.Stat(dir); err == nil || statErr == nil || (rest == "no home\n") != strict {
			t.Errorf("strict %v: %v: %s", strict, err, out)
		}
		if r.Level != Basic || !r.Ran || r.Status != 3 || !slices.Equal(r.Temp, []string{"$TMPDIR/left"}) {
			t.Errorf("strict %v: %+v", strict, r)
		}
		l.spec.Least = Full
		cmd = l.command("/bin/sh", "-c", "echo ran")
		cmd.Args[1] = "basic"
		if out, _ := cmd.CombinedOutput(); strings.Contains(string(out), "ran\n") || cmd.ProcessState.ExitCode() != ErrorCode {
			t.Errorf("without isolation: %s", out)
		}
		if r := l.report(); r.Ran || r.Error == "" {
			t.Errorf("%+v", r)
		}
	}
}
