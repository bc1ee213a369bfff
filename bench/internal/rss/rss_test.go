package rss

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSample(t *testing.T) {
	proc := t.TempDir()
	add := func(pid, exe, cmdline, status string) {
		t.Helper()
		dir := filepath.Join(proc, pid)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(exe, filepath.Join(dir, "exe")); err != nil {
			t.Skip("no symbolic links")
		}
		for name, text := range map[string]string{"cmdline": cmdline, "status": status} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("1", "/bin/init", "init\x00", "Name:\tinit\nVmHWM:\t  900 kB\n")
	add("20", "/bin/gust", "gust\x00build\x00", "Name:\tgust\nVmHWM:\t  30 kB\n")
	add("21", "/bin/gust", "gust\x00toolexec\x00/compile\x00", "Name:\tgust\nVmHWM:\t  12 kB\n")
	add("22", "/bin/gust", "gust\x00toolexec\x00/compile\x00", "Name:\tgust\nVmHWM:\t  10 kB\n")
	add("23", "/bin/gust", "", "Name:\tgust\n") // a zombie has no memory
	if err := os.Mkdir(filepath.Join(proc, "self"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := Sampler{exe: "/bin/gust", proc: proc}
	s.sample()
	if want := (Peak{Command: 30 << 10, Wrapper: 12 << 10}); s.peak != want {
		t.Errorf("got %+v, want %+v", s.peak, want)
	}
}
