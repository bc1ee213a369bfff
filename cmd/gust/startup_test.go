package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// maxStartRatio is how many times as long as an empty program `gust toolexec`
// may take to run one. Two would be the price of a second process, and about
// three it is, as more of a large program than of a small one is paged in.
const maxStartRatio = 5

// TestToolexecStart holds the start of the wrapper, of which a cold build has
// hundreds: it must be fast, and leave nothing outside of gust's cache.
func TestToolexecStart(t *testing.T) {
	dir := t.TempDir()
	gust := compile(t, dir, "gust", ".")
	empty := filepath.Join(dir, "empty.go")
	write(t, empty, "package main\n\nfunc main() {}\n")
	tool := compile(t, dir, "empty", empty)

	var untouched []string
	env := os.Environ()
	for _, name := range []string{"HOME", "USERPROFILE", "LocalAppData", "XDG_CACHE_HOME", "TMPDIR", "TMP", "TEMP", "GOCACHE"} {
		value := filepath.Join(dir, "untouched-"+name)
		if err := os.Mkdir(value, 0o777); err != nil {
			t.Fatal(err)
		}
		env, untouched = append(env, name+"="+value), append(untouched, value)
	}
	cwd := filepath.Join(dir, "cwd")
	if err := os.Mkdir(cwd, 0o777); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(dir, "cache")
	session, err := toolexec.Session{Store: filepath.Join(cache, "store"), Log: filepath.Join(cache, "log")}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, toolexec.SessionVar+"="+session)

	const rounds = 60
	var plain, wrapped []time.Duration
	for range rounds {
		plain = append(plain, runFor(t, cwd, env, tool))
		wrapped = append(wrapped, runFor(t, cwd, env, gust, "toolexec", tool))
	}
	ratio := float64(median(wrapped)) / float64(median(plain))
	t.Logf("empty program %v, behind gust toolexec %v, ratio %.2f", median(plain), median(wrapped), ratio)
	if ratio > maxStartRatio {
		t.Errorf("gust toolexec makes an empty program take %.1f times as long, want at most %d", ratio, maxStartRatio)
	}
	for _, dir := range append(untouched, cwd) {
		if names := tree(t, dir); len(names) > 0 {
			t.Errorf("gust toolexec wrote %q", names)
		}
	}
}

func compile(t *testing.T, dir, name, what string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	out := filepath.Join(dir, name)
	if text, err := exec.Command("go", "build", "-o", out, what).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", what, err, text)
	}
	return out
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func runFor(t *testing.T, dir string, env []string, program string, args ...string) time.Duration {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, env
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return time.Since(began)
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

// tree lists what is below dir.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestNothingBeforeHandover holds what gust does before a tool takes the process
// over to the runtime and what package os needs: nothing that a command links in
// may be initialised, however cheap. GODEBUG=inittrace=1 tells. The exceptions are
// a table of Bubble Tea's, 0.015 ms, and zstd's question what the processor can, 0.02 ms:
// packages that need nothing are initialised before all that need something.
func TestNothingBeforeHandover(t *testing.T) {
	dir := t.TempDir()
	gust := compile(t, dir, "gust", ".")
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot become another program on Windows: toolexec runs it as a child")
	}
	tool := filepath.Join(dir, "tool")
	write(t, tool, "#!/bin/sh\necho handed over\n")
	if err := os.Chmod(tool, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(gust, "toolexec", tool, "-V=full")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var packages []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "init" {
			packages = append(packages, fields[1])
		}
	}
	if !slices.Contains(packages, "os") || !strings.HasSuffix(string(out), "handed over\n") {
		t.Fatalf("the trace is not one:\n%s", out)
	}
	for _, p := range packages {
		if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") && p != "github.com/charmbracelet/x/ansi/parser" && p != "github.com/klauspost/compress/internal/cpuinfo" {
			t.Errorf("%s is initialised before the tool takes over", p)
		}
	}
	if last := packages[len(packages)-1]; last != "os" {
		t.Errorf("%s is initialised after os and before the tool takes over", last)
	}
}

// TestSandboxComesEarly: what runs once per test binary waits neither for packages of
// the standard library that are initialised late, nor for what comes after them.
func TestSandboxComesEarly(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("sandboxes are made on Linux")
	}
	dir := t.TempDir()
	gust := compile(t, dir, "gust", ".")
	for _, command := range []string{box.Command, box.InitCommand} {
		// Neither can do anything, and says so.
		cmd := exec.Command(gust, command, "auto", "0", "true")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", box.Var+`={"Level":"off"}`)
		out, _ := cmd.CombinedOutput()
		var packages []string
		for line := range strings.Lines(string(out)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "init" {
				packages = append(packages, fields[1])
			}
		}
		if !slices.Contains(packages, "encoding/json") {
			t.Fatalf("the trace is not one:\n%s", out)
		}
		for _, late := range []string{"net", "net/netip", "path/filepath", "regexp", "go/build", "golang.org/x/sys/unix"} {
			if slices.Contains(packages, late) {
				t.Errorf("gust %s waits for %s", command, late)
			}
		}
	}
}
