package box

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// TestTrace records what a program and those that it starts do.
func TestTrace(t *testing.T) {
	l := newLab(t)
	l.spec.Trace = TraceReads
	_, code, r := l.run("echo x >new; cat kept >/dev/null; (cd / && cat ./" + strings.TrimPrefix(l.home, "/") + "/dotfile >/dev/null)")
	if code != 0 {
		t.Fatalf("status %d", code)
	}
	for _, want := range []Touch{
		{Kind: KindWrite, What: filepath.Join(l.repo, "new"), Count: 1},
		{Kind: KindRead, What: filepath.Join(l.repo, "kept"), Count: 1},
		{Kind: KindRead, What: filepath.Join(l.home, "dotfile"), Count: 1},
	} {
		if !slices.Contains(r.Touched, want) {
			t.Errorf("no %+v in %+v", want, r.Touched)
		}
	}
	if !slices.ContainsFunc(r.Touched, func(x Touch) bool { return x.Kind == KindExec && strings.HasSuffix(x.What, "/cat") }) {
		t.Errorf("no cat in %+v", r.Touched)
	}
	l.spec.Trace = TraceWrites
	if _, _, r = l.run("cat kept >new"); slices.ContainsFunc(r.Touched, func(x Touch) bool { return x.Kind == KindRead }) ||
		!slices.ContainsFunc(r.Touched, func(x Touch) bool { return x.Kind == KindWrite }) {
		t.Errorf("writes only: %+v", r.Touched)
	}
}

// openMain opens files in all ways that count. Names of a directory that is given
// with a descriptor, of one that was entered or renamed, and those that are longer
// than what is read at once are no different from others.
func openMain() error {
	long := strings.Repeat("./", 500) + "long"
	if err := os.MkdirAll("dir/below", 0o755); err != nil {
		return err
	}
	dir, err := os.Open("dir")
	if err != nil {
		return err
	}
	defer dir.Close()
	write, read := [3]uint64{syscall.O_WRONLY | syscall.O_CREAT, 0o600}, [3]uint64{}
	for _, open := range []func() error{
		func() error { return openat(int(dir.Fd()), "by-descriptor", syscall.O_RDWR|syscall.O_CREAT) },
		func() error { return openat(int(dir.Fd()), "by-descriptor", syscall.O_RDONLY) },
		func() error { return openat(atFDCWD, long, syscall.O_WRONLY|syscall.O_CREAT) },
		func() error { return openat2("by-openat2", &write) },
		func() error { return openat2("by-openat2", &read) },
		func() error { return syscall.Chdir("dir/below") },
		func() error { return openat(atFDCWD, "../below/entered", syscall.O_WRONLY|syscall.O_CREAT) },
		func() error { return os.Rename("../below", "../renamed") },
		func() error { return openat(atFDCWD, "after", syscall.O_WRONLY|syscall.O_CREAT) },
		func() error { return openMapped("mapped") },
		func() error { return creat("created") },
		func() error { return syscall.Chdir("/") },
		func() error { return openat(atFDCWD, "dev/null", syscall.O_RDONLY) },
	} {
		if err := open(); err != nil {
			return err
		}
	}
	if err := openat(atFDCWD, "nonexistent/file", syscall.O_RDONLY); err == nil {
		return errors.New("nonexistent is there")
	}
	return nil
}

// opened is what is recorded of openMain.
func (l *lab) opened() []Touch {
	in := func(kind string, names ...string) (all []Touch) {
		for _, name := range names {
			all = append(all, Touch{Kind: kind, What: filepath.Join(l.repo, name), Count: 1})
		}
		return all
	}
	all := append(in(KindRead, "dir", "dir/by-descriptor", "by-openat2", "dir/renamed/name"),
		in(KindWrite, "dir/by-descriptor", "long", "by-openat2", "dir/below/entered", "dir/renamed/after", "dir/renamed/name", "dir/renamed/mapped")...)
	if sysCreat < 1<<31 {
		all = append(all, in(KindWrite, "dir/renamed/created")...)
	}
	return append(all, Touch{Kind: KindRead, What: "/dev/null", Count: 1}, Touch{Kind: KindRead, What: "/nonexistent/file", Count: 1})
}

// TestOpens records files however they are opened.
func TestOpens(t *testing.T) {
	l := newLab(t)
	l.spec.Trace = TraceReads
	out, code, r := l.helper("open")
	if code != 0 {
		t.Fatalf("status %d, output %s", code, out)
	}
	for _, want := range l.opened() {
		if !slices.Contains(r.Touched, want) {
			t.Errorf("no %+v in %+v", want, r.Touched)
		}
	}
}

// openMapped opens a file whose name is in memory that nobody has looked at yet: the
// content of another file.
func openMapped(path string) error {
	if err := os.WriteFile("name", append([]byte(path), 0), 0o600); err != nil {
		return err
	}
	fd, err := syscall.Open("name", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	b, err := syscall.Mmap(fd, 0, len(path)+1, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	dirfd := atFDCWD
	opened, _, errno := syscall.Syscall6(syscall.SYS_OPENAT, fdArg(dirfd), uintptr(unsafe.Pointer(&b[0])), syscall.O_WRONLY|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600, 0, 0)
	if errno != 0 {
		return named("open", path, errno)
	}
	return errors.Join(syscall.Close(int(opened)), syscall.Munmap(b))
}

func creat(path string) error {
	p, err := syscall.BytePtrFromString(path)
	if err != nil || sysCreat >= 1<<31 {
		return err
	}
	fd, _, errno := syscall.Syscall(sysCreat, uintptr(unsafe.Pointer(p)), 0o600, 0)
	if errno != 0 {
		return named("creat", path, errno)
	}
	return syscall.Close(int(fd))
}

func openat(dirfd int, path string, flags int) error {
	fd, err := syscall.Openat(dirfd, path, flags|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	return syscall.Close(fd)
}

func openat2(path string, how *[3]uint64) error {
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return err
	}
	fd, _, errno := syscall.Syscall6(sysOpenat2, fdArg(atFDCWD), uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(how)), unsafe.Sizeof(*how), 0, 0)
	if errno != 0 {
		return named("openat2", path, errno)
	}
	return syscall.Close(int(fd))
}

// TestLost: what is lost is asked for, and leaves a record incomplete; so does not
// knowing it.
func TestLost(t *testing.T) {
	for _, test := range []struct {
		answer []byte
		want   result
	}{
		{binary.NativeEndian.AppendUint64(nil, 0), result{Ring: true}},
		{binary.NativeEndian.AppendUint64(nil, 3), result{Ring: true, Lost: 3, Full: true}},
		{[]byte{1}, result{Ring: true, Full: true}},
	} {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := syscall.Write(fds[1], test.answer); err != nil {
			t.Fatal(err)
		}
		c, r := &claim{conn: fds[0]}, result{Ring: true}
		c.complete(&r)
		c.close()
		if err := syscall.Close(fds[1]); err != nil || !reflect.DeepEqual(r, test.want) {
			t.Errorf("%v: %+v, want %+v, error %v", test.answer, r, test.want, err)
		}
	}
}
