package box

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// TestFull is what a program sees in a full sandbox, and what it leaves.
func TestFull(t *testing.T) {
	l := newLab(t)
	marker, err := os.CreateTemp("/tmp", "gust-box-marker-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(marker.Name())
	out, code, r := l.run(`
pwd; id -u; echo "$$ $PPID $HOME"; test -z "$GUST_SANDBOX$GUST_SANDBOX_INIT" && echo clean
cat kept "$HOME/dotfile"; echo
echo after >kept && echo new >made && echo new >"$HOME/made"
cat kept; ls "$HOME" /tmp /var/tmp /dev/shm; ls ` + marker.Name() + ` 2>/dev/null
for d in /tmp /var/tmp /dev/shm; do echo x >$d/left; done
ls -d /proc/[0-9]* | wc -l; echo >/dev/null
exit 7`)
	if code != 7 || r.Error != "" || r.Status != 7 || !r.Ran {
		t.Fatalf("status %d, report %+v, output:\n%s", code, r, out)
	}
	want := fmt.Sprintf(`^%s\n%d\n\d+ 1 %s\nclean\nbeforebefore\nafter\n`, l.repo, os.Getuid(), l.home)
	if !regexp.MustCompile(want).MatchString(out) {
		t.Errorf("no %q in the output:\n%s", want, out)
	}
	if strings.Contains(out, marker.Name()) {
		t.Errorf("the program sees %s", marker.Name())
	}
	if got := l.read(l.repo, "kept") + l.read(l.home, "dotfile"); got != "beforebefore" {
		t.Errorf("files outside are now %q", got)
	}
	if _, err := os.Stat(filepath.Join(l.repo, "made")); err == nil {
		t.Error("a file was made in the checkout")
	}
	if got := l.read(r.Box, "checkout/kept") + l.read(r.Box, "checkout/made") + l.read(r.Box, "home/made"); got != "after\nnew\nnew\n" {
		t.Errorf("kept aside: %q", got)
	}
	slices.Sort(r.Temp)
	if got := fmt.Sprint(r.Temp, r.Wrote, len(r.Left)); got != "[/dev/shm/left /tmp/left /var/tmp/left] [checkout home] 0" {
		t.Errorf("left: %s", got)
	}
}

// TestClean: a program that leaves nothing leaves a report only.
func TestClean(t *testing.T) {
	l := newLab(t)
	_, code, r := l.run("true")
	left, err := filepath.Glob(filepath.Join(l.spec.Dir, "box-*"))
	if err != nil || code != 0 || len(left) > 0 || r.Error != "" || r.Box != "" {
		t.Errorf("status %d, left %v, error %v, report %+v", code, left, err, r)
	}
}

// TestMountList: what the list of mounts names can be looked at.
func TestMountList(t *testing.T) {
	l := newLab(t)
	out, code, _ := l.run("cut -d' ' -f5 /proc/self/mountinfo")
	if code != 0 || !strings.Contains(out, "/var/tmp\n") || strings.Contains(out, l.spec.Dir) {
		t.Errorf("status %d, mounts:\n%s", code, out)
	}
}

// TestSignals: a program that a signal ends looks like that from outside, too,
// and what it has started is gone.
func TestSignals(t *testing.T) {
	l := newLab(t)
	for _, sig := range []struct {
		name string
		n    int
	}{{"KILL", 9}, {"SEGV", 11}, {"ABRT", 6}, {"TERM", 15}} {
		if out, code, _ := l.run("kill -" + sig.name + " $$"); code != 128+sig.n {
			t.Errorf("SIG%s: status %d, output %s", sig.name, code, out)
		}
	}
	_, code, r := l.run("sleep 1000 </dev/null >/dev/null 2>&1 & setsid sleep 1001 >/dev/null 2>&1 & sleep 0.2")
	var left []string
	for _, p := range r.Left {
		left = append(left, strings.Join(p.Args, " "))
	}
	slices.Sort(left)
	if code != 0 || fmt.Sprint(left) != "[sleep 1000 sleep 1001]" {
		t.Errorf("status %d, left %q", code, left)
	}
}

// TestLeftPort: a process that is left is known with the port that it listens on.
func TestLeftPort(t *testing.T) {
	l := newLab(t)
	_, code, r := l.helper("leave", "127.0.0.1:20999")
	if code != 0 || len(r.Left) != 1 || !slices.Equal(r.Left[0].Ports, []string{"127.0.0.1:20999"}) {
		t.Errorf("status %d, left %+v", code, r.Left)
	}
}

// TestTerminal: a program that opens a terminal, as tests of terminals do, does not
// make it its own and hang up with it.
func TestTerminal(t *testing.T) {
	if out, code, _ := newLab(t).helper("terminal"); code != 0 || out != "alive\n" {
		t.Errorf("status %d, output %q", code, out)
	}
}

// terminalMain opens a new terminal the way os.OpenFile does and closes the side
// that stands for the screen.
func terminalMain() error {
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	var n, unlock uint32
	for _, call := range []struct {
		request uintptr
		value   *uint32
	}{{syscall.TIOCGPTN, &n}, {syscall.TIOCSPTLCK, &unlock}} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), call.request, uintptr(unsafe.Pointer(call.value))); errno != 0 {
			return errno
		}
	}
	fd, err := syscall.Open(fmt.Sprintf("/dev/pts/%d", n), syscall.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := screen.Close(); err != nil {
		return err
	}
	_, err = fmt.Println("alive")
	return err
}
