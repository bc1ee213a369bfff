package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/remote"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/testcache"
	"github.com/gust-go/gust/internal/testserver"
)

// whyMachine is a machine with a checkout, caches of its own, and a server.
type whyMachine struct {
	t   *testing.T
	dir string
	env []string
}

func newWhyMachine(t *testing.T, seed machine, server ...string) whyMachine {
	t.Helper()
	m := whyMachine{t: t, dir: t.TempDir()}
	home := t.TempDir()
	cache := filepath.Join(home, "go-build")
	if err := testcache.Link(seed.cache, cache); err != nil {
		t.Fatal(err)
	}
	m.env = append(os.Environ(), "GOCACHE="+cache, "GUST_CACHE="+filepath.Join(home, "gust"), "GOFLAGS=-buildvcs=false",
		"GOWORK=off", "GOENV=off", "CGO_ENABLED=0", "GOCACHEPROG=")
	m.env = append(m.env, server...)
	m.write("go.mod", "module m\n\ngo 1.24\n")
	m.write("lib/lib.go", "package lib\n\nfunc F(x int) int { return x + 1 }\n")
	m.write("mid/mid.go", "package mid\n\nimport \"m/lib\"\n\nfunc G(x int) int { return lib.F(x) * 2 }\n")
	m.write("main.go", "package main\n\nimport \"m/mid\"\n\nfunc main() { println(mid.G(2)) }\n")
	return m
}

func (m whyMachine) write(name, text string) {
	m.t.Helper()
	file := filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		m.t.Fatal(err)
	}
}

// gust runs it and returns what it says, and how it ends.
func (m whyMachine) gust(env []string, args ...string) (string, int) {
	m.t.Helper()
	cmd := exec.Command("gust", args...)
	cmd.Dir, cmd.Env = m.dir, append(m.env[:len(m.env):len(m.env)], env...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		m.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// cacheWhy has two checkouts, each on a machine of its own, tell what keeps one
// from using what the other has sent to a server.
func cacheWhy(t *testing.T, seed machine) {
	sign, check, err := remote.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	address := "GUST_REMOTE_CACHE=redis://" + testserver.Redis(t)
	one := newWhyMachine(t, seed, address, "GUST_REMOTE_CACHE_KEY="+sign)
	two := newWhyMachine(t, seed, address, "GUST_REMOTE_CACHE_KEY="+check)
	if said, code := two.gust(nil, "cache", "why", "-trimpath", "./lib"); code != 5 || !strings.Contains(said, "neither the remote cache nor this machine has a compile of m/lib") {
		t.Errorf("with an empty server: %d, %s", code, said)
	}
	build := func(m whyMachine, flags ...string) {
		t.Helper()
		if said, code := m.gust(nil, append(append([]string{"build"}, flags...), "-o", os.DevNull, ".")...); code != 0 {
			t.Fatal(said)
		}
	}
	why := func(want string, env []string, args ...string) {
		t.Helper()
		said, code := two.gust(env, append([]string{"cache", "why"}, args...)...)
		if code != 0 || said != want {
			t.Errorf("gust cache why %q ends with %d and says\n%swant\n%s", args, code, said, want)
		}
	}
	const differs = ": this compile is not the remote cache's\n"
	build(one)
	why("m/lib"+differs+fmt.Sprintf("  the checkout path is part of the key (use -trimpath): %s here, %s there\n",
		filepath.Join(two.dir, "lib"), filepath.Join(one.dir, "lib")), nil, "./lib")
	build(one, "-trimpath")
	why("m/mid: nothing differs, the remote cache has what this compile makes\n", nil, "-trimpath", "./mid")
	why("m/lib"+differs+"  flags differ: -N here, -trimpath there\n", nil, "-gcflags=-N", "m/lib")
	two.write("lib/lib.go", "package lib\n\nfunc F(x int) int { return x + 2 }\n")
	two.write("lib/new.go", "package lib\n")
	why("m/lib"+differs+"  file lib.go differs\n  file new.go is here only\n", nil, "-trimpath", "./lib")
	why("m/mid"+differs+"  dependency m/lib differs: gust cache why m/lib\n", nil, "-trimpath", "./mid")
	said, _ := two.gust(nil, "cache", "why", "--json", "-trimpath", "./mid")
	if e, err := event.Decode([]byte(said)); err != nil {
		t.Errorf("%v: %s", err, said)
	} else if got, ok := e.(event.CacheWhy); !ok || got.Verdict != "differs" || got.Where != "remote" || len(got.Differences) != 1 || got.Differences[0].Subject != "m/lib" {
		t.Errorf("%+v", e)
	}
}
