package main

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfiles builds a package with all profiles on and reads what gust's
// processes have written.
func TestProfiles(t *testing.T) {
	dir := t.TempDir()
	gust := compile(t, dir, "gust", ".")
	module := filepath.Join(dir, "m")
	if err := os.Mkdir(module, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(module, "go.mod"), "module example.com/profiled\n\ngo 1.24\n")
	write(t, filepath.Join(module, "p.go"), "package profiled\n\nvar Dir = \""+filepath.ToSlash(dir)+"\"\n")
	folders := map[string]string{"GUST_CPUPROFILE": ".cpu.pprof", "GUST_MEMPROFILE": ".mem.pprof", "GUST_TRACE": ".trace"}
	// An empty build cache: gust would begin with a link to each entry of the user's.
	env := append(os.Environ(), "GUST_CACHE="+filepath.Join(dir, "cache"), "GOCACHE="+filepath.Join(dir, "gocache"))
	for name := range folders {
		env = append(env, name+"="+filepath.Join(dir, "profiles", name))
	}
	cmd := exec.Command(gust, "build", ".")
	cmd.Dir, cmd.Env = module, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gust build: %v\n%s", err, out)
	}
	wants := map[string]string{"GUST_CPUPROFILE": "nanoseconds", "GUST_MEMPROFILE": "alloc_space", "GUST_TRACE": "go 1."}
	for name, ending := range folders {
		for _, process := range []string{"gust", "gust-toolexec-compile"} {
			files, err := filepath.Glob(filepath.Join(dir, "profiles", name, process+"-[0-9]*"+ending))
			if err != nil || len(files) == 0 {
				t.Errorf("%s: %s has written nothing (%v)", name, process, err)
				continue
			}
			if out := profile(t, files[0]); !strings.Contains(out, wants[name]) {
				t.Errorf("%s: the profile of %s has no %s:\n%.200q", name, process, wants[name], out)
			}
		}
	}
}

// profile reads a profile, whose strings are plain in it once it is unpacked, or
// a trace, which begins with its version. Building go's own readers for this
// would take a minute.
func profile(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(file, ".pprof") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return string(b)
}

// TestProfileErrors wants a build that is what it would be without, and one
// warning, of the first process.
func TestProfileErrors(t *testing.T) {
	dir := t.TempDir()
	gust := compile(t, dir, "gust", ".")
	cmd := exec.Command(gust, "version")
	cmd.Env = append(os.Environ(), "GUST_CPUPROFILE=relative/folder")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), `GUST_CPUPROFILE is "relative/folder", which is not an absolute path`) != 1 {
		t.Errorf("gust version: %v\n%s", err, out)
	}
}
