package profile

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNothing wants no file and no error without the variables.
func TestNothing(t *testing.T) {
	for _, name := range []string{CPU, Memory, Trace} {
		t.Setenv(name, "")
	}
	stop, err := Start("x")
	if Wanted() || err != nil || stop() != nil {
		t.Errorf("wanted %v, error %v", Wanted(), err)
	}
}

// TestOneFails wants the other profile all the same.
func TestOneFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv(CPU, filepath.Join(file, "below"))
	t.Setenv(Memory, filepath.Join(dir, "a", "b"))
	t.Setenv(Trace, "relative")
	stop, err := Start("x")
	if err == nil {
		t.Error("a folder below a file, and a relative one, gave no error")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "a", "b", "x-*.mem.pprof"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the memory profile is %q, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Size() == 0 {
		t.Errorf("the memory profile is empty (%v)", err)
	}
	if _, err := os.Stat("relative"); err == nil {
		t.Error("a relative folder was made")
	}
}
