package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfiles builds a package with all profiles on and reads what gust's
// processes have written with go's own tools.
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
	env := append(os.Environ(), "GUST_CACHE="+filepath.Join(dir, "cache"))
	for name := range folders {
		env = append(env, name+"="+filepath.Join(dir, "profiles", name))
	}
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = module, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run(gust, "build", ".")
	env = os.Environ() // pprof shall not be profiled
	for name, ending := range folders {
		for _, process := range []string{"gust", "gust-toolexec-compile"} {
			files, err := filepath.Glob(filepath.Join(dir, "profiles", name, process+"-[0-9]*"+ending))
			if err != nil || len(files) == 0 {
				t.Errorf("%s: %s has written nothing (%v)", name, process, err)
				continue
			}
			want, read := "", []string{"tool", "pprof", "-raw"}
			switch name {
			case "GUST_CPUPROFILE":
				want = "cpu/nanoseconds"
			case "GUST_MEMPROFILE":
				want = "alloc_space/bytes"
			case "GUST_TRACE":
				want, read = "StateTransition", []string{"tool", "trace", "-d=parsed"}
			}
			if out := run("go", append(read, files[0])...); !strings.Contains(out, want) {
				t.Errorf("%s: the profile of %s has no %s:\n%.500s", name, process, want, out)
			}
		}
	}
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
