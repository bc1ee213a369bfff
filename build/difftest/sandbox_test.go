package difftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/testcache"
)

// A sandbox is a source directory with two commands that build it, each with
// caches and a home of its own.
type sandbox struct {
	root, src string
	pkgs      []string // package patterns
	go_, gust side
	// plain is go with the user's cache of the gust side and its binaries.
	plain side
	// gustCache is GUST_CACHE of the gust side.
	gustCache string
}

// A side is a command and its surroundings.
type side struct {
	name  string
	argv  []string
	env   []string
	cache string // GOCACHE
	out   string // directory for the binaries
}

// A result is what a command came to.
type result struct {
	stdout, stderr string
	code           int
}

// newSandbox makes a sandbox whose caches hold what warm holds. Gust is run
// as gust; more is added to its environment.
func newSandbox(t *testing.T, warm string, gust []string, more ...string) *sandbox {
	t.Helper()
	root, err := os.MkdirTemp("", "difftest-"+strings.ReplaceAll(t.Name(), "/", "-")+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() && *keepFlag {
			t.Logf("kept %s", root)
			return
		}
		os.RemoveAll(root)
	})
	s := &sandbox{root: root, src: filepath.Join(root, "src"), pkgs: []string{"./..."}}
	s.gustCache = filepath.Join(root, "gust", "cache")
	s.go_ = s.side(t, "go", []string{"go"}, warm)
	s.gust = s.side(t, "gust", gust, warm, append(more, "GUST_CACHE="+s.gustCache)...)
	s.plain = s.go_
	s.plain.name, s.plain.out = "plain go after gust", s.gust.out
	s.plain.env = append(s.plain.env[:len(s.plain.env):len(s.plain.env)], "GOCACHE="+s.gust.cache)
	return s
}

// side sets up the directories of one command.
func (s *sandbox) side(t *testing.T, name string, argv []string, warm string, more ...string) side {
	t.Helper()
	dir := filepath.Join(s.root, name)
	sd := side{name: name, argv: argv, cache: filepath.Join(dir, "gocache"), out: filepath.Join(dir, "out")}
	home := filepath.Join(dir, "home")
	for _, d := range []string{home, sd.out, sd.cache} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if warm != "" {
		if err := testcache.Link(warm, sd.cache); err != nil {
			t.Fatalf("share the warm cache: %v", err)
		}
	}
	sd.env = append(environ(), "HOME="+home, "USERPROFILE="+home, "LocalAppData="+home,
		"XDG_CACHE_HOME="+filepath.Join(home, "cache"), "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"GOCACHE="+sd.cache)
	sd.env = append(sd.env, more...)
	return sd
}

// environ is the process's environment without what could tell go or gust to
// build in another way than the test expects.
func environ() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if name == "PATH" || name == "GOROOT" || !strings.HasPrefix(name, "GO") && !strings.HasPrefix(name, "GUST") &&
			!strings.HasPrefix(name, "CGO") && !strings.HasPrefix(name, "XDG") {
			env = append(env, kv)
		}
	}
	return append(env, "GOENV=off", "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local",
		"GOMODCACHE="+modCache(), "CGO_ENABLED=0", "GOTELEMETRY=off", "NO_COLOR=1")
}

var modCache = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
})

// build runs the side's build command in dir.
func (s *sandbox) build(sd side, flags ...string) (result, error) {
	args := append([]string{"build"}, flags...)
	args = append(args, "-buildvcs=false", "-o", sd.out+string(filepath.Separator))
	return execute(s.src, sd.env, append(sd.argv[:len(sd.argv):len(sd.argv)], append(args, s.pkgs...)...), 30*time.Minute)
}

// execute runs argv. The exit code of a killed process is -1.
func execute(dir string, env, argv []string, limit time.Duration) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(env[:len(env):len(env)], "PWD="+dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return result{}, fmt.Errorf("%q ran for more than %v", argv, limit)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{}, fmt.Errorf("run %q: %w", argv, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, nil
}

// setup builds gust and fills a cache with the standard packages that the
// modules import, once per test run.
var setup = sync.OnceValues(func() (warm string, err error) {
	warm = filepath.Join(shared.dir, "warm")
	if *cacheFlag != "" {
		return *cacheFlag, nil
	}
	src := filepath.Join(shared.dir, "std")
	if err := os.MkdirAll(src, 0o777); err != nil {
		return "", err
	}
	files := map[string]string{
		"go.mod": "module example.test/std\n\ngo 1.24\n",
		"main.go": "package main\n\nimport (\n\t_ \"cmp\"\n\t_ \"embed\"\n\t_ \"errors\"\n\t_ \"os\"\n" +
			"\t_ \"strconv\"\n\t_ \"strings\"\n)\n\nfunc main() {}\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(src, name), []byte(text), 0o666); err != nil {
			return "", err
		}
	}
	r, err := execute(src, append(environ(), "GOCACHE="+warm, "HOME="+shared.dir),
		[]string{"go", "build", "-buildvcs=false", "-o", filepath.Join(shared.dir, "std.exe"), "."}, 10*time.Minute)
	if err == nil && r.code != 0 {
		err = fmt.Errorf("build standard packages: %s", r.stderr)
	}
	return warm, err
})

// gustBinary builds the command under test from the current tree.
var gustBinary = sync.OnceValues(func() (string, error) {
	if *gustFlag != "" {
		return filepath.Abs(*gustFlag)
	}
	bin := filepath.Join(shared.dir, "gust")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	root := filepath.Join("..", "..")
	out, err := exec.Command("go", "build", "-C", root, "-buildvcs=false", "-o", bin, "./cmd/gust").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build gust: %w\n%s", err, out)
	}
	return bin, nil
})

// mustWarm and mustGust are setup and gustBinary for tests.
func mustWarm(t *testing.T) string {
	t.Helper()
	warm, err := setup()
	if err != nil {
		t.Fatal(err)
	}
	return warm
}

func mustGust(t *testing.T) string {
	t.Helper()
	bin, err := gustBinary()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}
