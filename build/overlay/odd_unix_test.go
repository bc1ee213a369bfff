//go:build unix

package overlay

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOddThingsAreSkipped(t *testing.T) {
	user, dir := pair(t)
	a, d := addEntry(t, user, "x", []byte("x"), time.Now())
	sub := filepath.Dir(d)
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "secret")
	other := func(end string) string { return d[:len(d)-len("eee-d")] + end }
	os.Symlink(secret, other("000-d"))
	os.Symlink(secret, other("000-a"))
	syscall.Mkfifo(other("111-a"), 0o666)
	os.Mkdir(filepath.Join(sub, "odd"), 0o777)
	write(t, filepath.Join(sub, "odd", "file"), "odd")
	write(t, filepath.Join(sub, "notes.txt"), "notes")
	write(t, filepath.Join(sub, strings.Repeat("z", 64)+"-d"), "no hash")
	write(t, filepath.Join(sub, "..-d"), "dots")
	write(t, other("111-d")+"/two", "2")
	write(t, other("111-d")+"/files", "2")
	write(t, filepath.Join(user, "zz", "file"), "no such directory")
	os.Symlink(sub, filepath.Join(user, "00"))
	before := snapshot(t, user)

	st := mustSync(t, user, dir)
	if st.Linked != 1 || st.Entries != 1 || st.Skipped != 8 {
		t.Errorf("got %+v", st)
	}
	var got []string
	for name := range snapshot(t, dir) {
		if kind, _ := classify(filepath.Base(filepath.Dir(name)), filepath.Base(name)); kind != foreignName {
			got = append(got, filepath.Join(dir, name))
		}
	}
	slices.Sort(got)
	if want := []string{in(t, user, dir, a), in(t, user, dir, d)}; !slices.Equal(got, want) {
		t.Errorf("brought over %q, want %q", got, want)
	}
	for _, name := range []string{"zz", filepath.Join(filepath.Base(sub), "odd")} {
		if exists(filepath.Join(dir, name)) {
			t.Errorf("brought over %s", name)
		}
	}
	unchanged(t, user, before)
	if st := mustSync(t, user, dir); st.Scanned != 0 {
		t.Errorf("odd things keep a directory from being recorded: %+v", st)
	}
}
