package overlay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestSyncBringsOver(t *testing.T) {
	user, dir := pair(t)
	old := time.Now().Add(-3 * 24 * time.Hour)
	a, d := addEntry(t, user, "compile", []byte("object"), old)
	for _, name := range []string{a, d} {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	before := snapshot(t, user)

	st := mustSync(t, user, dir)
	if st.Linked != 1 || st.Entries != 1 || st.Copied+st.Replaced+st.Skipped != 0 || st.Reset || st.Unlocked {
		t.Errorf("first sync: got %+v", st)
	}
	if !sameInode(t, d, in(t, user, dir, d)) {
		t.Error("data file is not linked")
	}
	if sameInode(t, a, in(t, user, dir, a)) {
		t.Error("action entry is linked: go overwrites it in place")
	}
	for _, name := range []string{a, in(t, user, dir, a), d} {
		if info, err := os.Stat(name); err != nil || !info.ModTime().Equal(old.Truncate(0)) {
			t.Errorf("%s: mtime %v, want %v (%v)", name, info.ModTime(), old, err)
		}
	}
	if st := mustSync(t, user, dir); st != (Stats{}) {
		t.Errorf("second sync: got %+v, want nothing", st)
	}
	addEntry(t, user, "link", []byte("binary"), time.Now())
	if st := mustSync(t, user, dir); st.Linked != 1 || st.Entries != 1 {
		t.Errorf("third sync: got %+v", st)
	}
	complete(t, user, dir)
	for name := range before {
		if !exists(filepath.Join(user, name)) {
			t.Errorf("%s is gone", name)
		}
	}
}

// A change within the tick of the last sync must not be lost.
func TestRacyDirectory(t *testing.T) {
	user, dir := pair(t)
	a, _ := addEntry(t, user, "one", []byte("1"), time.Now())
	sub := filepath.Dir(a)
	tick := time.Now()
	touch := func() {
		if err := os.Chtimes(sub, tick, tick); err != nil {
			t.Fatal(err)
		}
	}
	touch()
	if _, err := Sync(context.Background(), user, dir); err != nil {
		t.Fatal(err)
	}
	// Another entry for the same directory, and the mtime as before.
	b := strings.TrimSuffix(a, "0-a")
	if b == a {
		b = a[:len(a)-3] + "0-a"
	} else {
		b += "1-a"
	}
	id := filepath.Base(b)[:64]
	write(t, b, fmt.Sprintf("v1 %s %s %20d %20d\n", id, id, 1, 1))
	touch()
	if st, err := Sync(context.Background(), user, dir); err != nil || st.Entries != 1 {
		t.Errorf("got %+v, %v", st, err)
	}
	if st := mustSync(t, user, dir); st.Scanned == 0 {
		t.Error("directory was recorded although racy")
	}
	if st := mustSync(t, user, dir); st.Scanned != 0 {
		t.Errorf("directory is read for ever: %+v", st)
	}
}

func TestReconcile(t *testing.T) {
	now := time.Now()
	tests := []struct {
		name         string
		ours, users  time.Duration // written that long ago
		trimmed      bool          // the user's output is gone
		broken, want string
	}{
		{name: "user wrote later", ours: 2, users: 1, want: "user"},
		{name: "gust wrote later", ours: 1, users: 2, want: "gust"},
		{name: "at the same time", ours: 1, users: 1, want: "user"},
		{name: "output trimmed", ours: 2, users: 1, trimmed: true, want: "gust"},
		{name: "ours cut short", ours: 1, users: 2, broken: "v1 0", want: "user"},
		{name: "ours empty", ours: 1, users: 2, broken: "-", want: "user"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			user, dir := pair(t)
			a, d := addEntry(t, user, "x", []byte("by go"), now.Add(-tt.users*time.Minute))
			oursA, _ := addEntry(t, dir, "x", []byte("by gust"), now.Add(-tt.ours*time.Minute))
			// Written in one tick of the file system's clock they would pass for the same.
			if err := os.Chtimes(a, now.Add(-time.Hour), now.Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"user": read(t, a), "gust": read(t, oursA)}[tt.want]
			if tt.broken != "" {
				write(t, oursA, strings.Trim(tt.broken, "-"))
			}
			if tt.trimmed {
				os.Remove(d)
			}
			before := snapshot(t, user)
			st := mustSync(t, user, dir)
			if got := read(t, oursA); got != want {
				t.Errorf("got %q, want the %s's", got, tt.want)
			}
			if (st.Replaced == 1) != (tt.want == "user") {
				t.Errorf("got %+v", st)
			}
			unchanged(t, user, before)
		})
	}
}

// Use of the user's entry keeps ours alive.
func TestUseIsInherited(t *testing.T) {
	user, dir := pair(t)
	a, _ := addEntry(t, user, "x", []byte("x"), time.Now())
	old := time.Now().Add(-4 * 24 * time.Hour)
	os.Chtimes(a, old, old)
	mustSync(t, user, dir)
	used := time.Now().Add(-time.Hour)
	os.Chtimes(a, used, used)
	os.Remove(newSyncer(user, dir).statePath())
	mustSync(t, user, dir)
	info, err := os.Stat(in(t, user, dir, a))
	if err != nil || !info.ModTime().Equal(used.Truncate(0)) {
		t.Errorf("mtime %v, want %v (%v)", info.ModTime(), used, err)
	}
}

func TestExecutables(t *testing.T) {
	user, dir := pair(t)
	_, d := addEntry(t, user, "link", []byte("program"), time.Now())
	os.Remove(d)
	write(t, filepath.Join(d, "prog"), "program")
	os.Chmod(filepath.Join(d, "prog"), 0o755)
	used := time.Now().Add(-time.Hour)
	os.Chtimes(d, used, used)
	// A killed sync has left the directory alone.
	if err := os.MkdirAll(in(t, user, dir, d), 0o777); err != nil {
		t.Fatal(err)
	}

	mustSync(t, user, dir)
	if !sameInode(t, filepath.Join(d, "prog"), filepath.Join(in(t, user, dir, d), "prog")) {
		t.Error("executable is not linked")
	}
	info, err := os.Stat(in(t, user, dir, d))
	if err != nil || !info.ModTime().Equal(used.Truncate(0)) {
		t.Errorf("mtime %v, want %v (%v)", info.ModTime(), used, err)
	}
}

// An executable of which only the directory exists is fetched by a later sync.
func TestExecutableInTheMaking(t *testing.T) {
	user, dir := pair(t)
	_, d := addEntry(t, user, "link", []byte("program"), time.Now())
	os.Remove(d)
	os.Mkdir(d, 0o777)
	s := newSyncer(user, dir)
	s.now = func() time.Time { return time.Now().Add(10 * time.Second) } // not racy
	if _, err := s.sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(d, "prog"), "program")
	mustSync(t, user, dir)
	if !exists(filepath.Join(in(t, user, dir, d), "prog")) {
		t.Error("executable is missing")
	}
}

func TestCopyWhereLinksAreImpossible(t *testing.T) {
	for _, cause := range []error{syscall.EXDEV, syscall.EPERM, errors.ErrUnsupported} {
		t.Run(cause.Error(), func(t *testing.T) {
			user, dir := pair(t)
			_, d := addEntry(t, user, "compile", []byte("object"), time.Now())
			_, x := addEntry(t, user, "link", []byte("program"), time.Now())
			os.Remove(x)
			write(t, filepath.Join(x, "prog"), "program")
			os.Chmod(filepath.Join(x, "prog"), 0o755)
			_, damaged := addEntry(t, user, "writing", []byte("half of it"), time.Now())
			write(t, damaged, "half")

			s := later(user, dir, 10*time.Second)
			s.link = func(o, n string) error { return &os.LinkError{Op: "link", Old: o, New: n, Err: cause} }
			st, err := s.sync(context.Background())
			if err != nil || st.Copied != 2 || st.Bytes != int64(len("objectprogram")) || st.Skipped != 1 {
				t.Errorf("got %+v, %v", st, err)
			}
			if sameInode(t, d, in(t, user, dir, d)) || read(t, in(t, user, dir, d)) != "object" {
				t.Error("data file is no faithful copy")
			}
			prog := filepath.Join(in(t, user, dir, x), "prog")
			info, err := os.Stat(prog)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o100 == 0 {
				t.Errorf("executable: %v, %v", info, err)
			}
			// The rest of the file comes with no change to the directory.
			write(t, damaged, "half of it")
			again := later(user, dir, time.Hour)
			again.link = s.link
			if st, err := again.sync(context.Background()); err != nil || st.Copied != 1 {
				t.Errorf("second sync: got %+v, %v", st, err)
			}
			complete(t, user, dir)
		})
	}
}

func TestFullDisk(t *testing.T) {
	user, dir := pair(t)
	addEntry(t, user, "compile", []byte("object"), time.Now())
	write(t, filepath.Join(dir, tempName), "in the way")
	s := newSyncer(user, dir)
	s.link = func(string, string) error { return syscall.EXDEV }
	if _, err := s.sync(context.Background()); err == nil {
		t.Fatal("no error")
	}
	os.Remove(filepath.Join(dir, tempName))
	mustSync(t, user, dir)
	complete(t, user, dir)
}

func TestExpireIsCarried(t *testing.T) {
	user, dir := pair(t)
	for _, tt := range []struct{ user, want string }{
		{"", ""}, {"100\n", "100\n"}, {"300\n", "300\n"}, {"200\n", "300\n"}, {"400", "300\n"}, {"junk\n", "300\n"},
	} {
		write(t, filepath.Join(user, "testexpire.txt"), tt.user)
		mustSync(t, user, dir)
		got, _ := os.ReadFile(filepath.Join(dir, "testexpire.txt"))
		if string(got) != tt.want {
			t.Errorf("after %q: got %q, want %q", tt.user, got, tt.want)
		}
	}
}

func TestTestExpire(t *testing.T) {
	dir := t.TempDir()
	if got := TestExpire(dir); got.UnixNano() != 0 {
		t.Errorf("without a file: %v", got)
	}
	write(t, filepath.Join(dir, "testexpire.txt"), "1700000000000000000\n")
	if got := TestExpire(dir); got.Unix() != 1700000000 {
		t.Errorf("got %v", got)
	}
}

func TestDamagedState(t *testing.T) {
	user, dir := pair(t)
	addEntry(t, user, "x", []byte("x"), time.Now())
	mustSync(t, user, dir)
	name := newSyncer(user, dir).statePath()
	good := read(t, name)
	for _, bad := range []string{"", good[:100], good[:200] + "x" + good[201:], strings.Repeat("\x00", len(good))} {
		write(t, name, bad)
		if st := mustSync(t, user, dir); st.Scanned != 256 || st.Reset {
			t.Errorf("got %+v", st)
		}
	}
	// A state of another user's cache says nothing about this one.
	if st := mustSync(t, t.TempDir(), dir); st.Reset || st.Scanned != 256 {
		t.Errorf("got %+v", st)
	}
}

func TestConcurrentSyncs(t *testing.T) {
	user, dir := pair(t)
	for i := range 400 {
		addEntry(t, user, fmt.Sprint(i), fmt.Append(nil, i), time.Now())
	}
	before := snapshot(t, user)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := later(user, dir, time.Hour)
			if i%2 == 0 {
				s.lockWait = 0 // goes on without the lock
			}
			if i%4 == 0 {
				s.link = func(string, string) error { return syscall.EXDEV }
			}
			if _, err := s.sync(context.Background()); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	complete(t, user, dir)
	unchanged(t, user, before)
	mustSync(t, user, dir)
	if st := mustSync(t, user, dir); st != (Stats{}) {
		t.Errorf("got %+v", st)
	}
}

func TestLockHeldByAnother(t *testing.T) {
	user, dir := pair(t)
	addEntry(t, user, "x", []byte("x"), time.Now())
	holder := newSyncer(user, dir)
	if err := prepare(user, dir); err != nil {
		t.Fatal(err)
	}
	unlock, locked, err := holder.waitLock(context.Background())
	if err != nil || !locked {
		t.Fatal(locked, err)
	}
	s := later(user, dir, time.Hour)
	s.lockWait = 20 * time.Millisecond
	st, err := s.sync(context.Background())
	if err != nil || !st.Unlocked || st.Linked != 1 {
		t.Errorf("got %+v, %v", st, err)
	}
	if exists(s.statePath()) {
		t.Error("state recorded without the lock")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := newSyncer(user, dir).sync(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	unlock()
	if st := mustSync(t, user, dir); st.Unlocked {
		t.Errorf("got %+v", st)
	}
}

func TestCancelled(t *testing.T) {
	user, dir := pair(t)
	for i := range 100 {
		addEntry(t, user, fmt.Sprint(i), fmt.Append(nil, i), time.Now())
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := newSyncer(user, dir)
	s.link = func(o, n string) error { cancel(); return os.Link(o, n) }
	if _, err := s.sync(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	mustSync(t, user, dir)
	complete(t, user, dir)
}

func TestStaleTempFilesGo(t *testing.T) {
	user, dir := pair(t)
	addEntry(t, user, "x", []byte("x"), time.Now())
	old, young := filepath.Join(dir, tempName, "1"), filepath.Join(dir, tempName, "2")
	write(t, old, "half")
	write(t, young, "half")
	long := time.Now().Add(-2 * time.Hour)
	os.Chtimes(old, long, long)
	if _, err := Sync(context.Background(), user, dir); err != nil {
		t.Fatal(err)
	}
	if exists(old) || !exists(young) {
		t.Errorf("old exists: %v, young exists: %v", exists(old), exists(young))
	}
}
