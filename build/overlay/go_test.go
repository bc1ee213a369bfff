package overlay

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// realGo runs the go command in a small module with caches of its own.
type realGo struct {
	t      *testing.T
	module string
	env    []string
}

func newRealGo(t *testing.T) *realGo {
	t.Helper()
	tmp := t.TempDir()
	g := &realGo{t: t, module: filepath.Join(tmp, "m")}
	for name, text := range map[string]string{
		"go.mod":     "module example.com/m\n\ngo 1.24\n",
		"main.go":    "package main\n\nimport \"example.com/m/lib\"\n\nfunc main() { println(lib.Answer()) }\n",
		"lib/lib.go": "package lib\n\nfunc Answer() int { return 42 }\n",
		"lib/lib_test.go": "package lib\n\nimport \"testing\"\n\n" +
			"func TestAnswer(t *testing.T) {\n\tif Answer() == 0 {\n\t\tt.Fatal()\n\t}\n}\n",
	} {
		write(t, filepath.Join(g.module, name), text)
	}
	home := filepath.Join(tmp, "home")
	g.env = append(os.Environ(), "HOME="+home, "USERPROFILE="+home, "GOPATH="+filepath.Join(home, "go"),
		"GOENV=off", "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "GOCACHEPROG=",
		"GODEBUG=", "GO111MODULE=", "CGO_ENABLED=0")
	return g
}

// run returns what go prints, all of it.
func (g *realGo) run(cache string, args ...string) string {
	g.t.Helper()
	cmd := exec.CommandContext(g.t.Context(), "go", args...)
	cmd.Dir = g.module
	cmd.Env = append(g.env, "PWD="+g.module, "GOCACHE="+cache)
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Fatalf("go %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// compiled reports whether the output of go -x shows a tool being run.
func compiled(out, tool string) bool {
	for line := range strings.Lines(out) {
		if strings.Contains(line, string(filepath.Separator)+tool+" -") || strings.Contains(line, tool+".exe") {
			return true
		}
	}
	return false
}

// TestRealGo takes a cache through a working day. The steps build upon each
// other, since the first compile of the runtime is what takes the time.
func TestRealGo(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the runtime")
	}
	g := newRealGo(t)
	user, dir := pair(t)
	bin := filepath.Join(t.TempDir(), "m.exe")

	// The user's day before gust.
	if out := g.run(user, "build", "-x", "-o", bin, "."); !compiled(out, "compile") || !compiled(out, "link") {
		t.Fatalf("no compile seen in\n%s", out)
	}
	g.run(user, "run", ".")
	g.run(user, "test", "-vet=off", "./lib")
	before := snapshot(t, user)
	if st := mustSync(t, user, dir); st.Linked == 0 || st.Entries == 0 || st.Copied+st.Skipped != 0 {
		t.Errorf("first sync: %+v", st)
	}
	complete(t, user, dir)

	g.nothingToDo(dir, bin)
	unchanged(t, user, before)
	g.nothingLeaks(user, dir, bin, before)
	g.testResults(user, dir)
	g.cleanCache(user, dir)
}

// nothingToDo: all that the user's cache holds is there.
func (g *realGo) nothingToDo(dir, bin string) {
	g.t.Helper()
	os.Remove(bin)
	if out := g.run(dir, "build", "-x", "-o", bin, "."); compiled(out, "compile") {
		g.t.Errorf("go build compiled something:\n%s", out)
	}
	// The executable of go run is cached since go1.24.
	if out := g.run(dir, "run", "-x", "."); compiled(out, "link") || !strings.Contains(out, "42") {
		g.t.Errorf("go run linked:\n%s", out)
	}
	if out := g.run(dir, "test", "-vet=off", "./lib"); !strings.Contains(out, "(cached)") {
		g.t.Errorf("go test ran the test:\n%s", out)
	}
	executables := 0
	for i := range 256 {
		names, _ := os.ReadDir(filepath.Join(dir, subName(i)))
		for _, n := range names {
			if n.IsDir() {
				executables++
			}
		}
	}
	if executables == 0 {
		g.t.Error("no cached executable: go has changed, and this test proves nothing")
	}
}

// nothingLeaks: what go stores in the overlay is unknown to the user's cache.
func (g *realGo) nothingLeaks(user, dir, bin string, before map[string]string) {
	g.t.Helper()
	write(g.t, filepath.Join(g.module, "lib", "lib.go"), "package lib\n\nfunc Answer() int { return 43 }\n")
	if out := g.run(dir, "build", "-x", "-o", bin, "."); !compiled(out, "compile") {
		g.t.Errorf("no compile after a change:\n%s", out)
	}
	unchanged(g.t, user, before)
	mustSync(g.t, user, dir)
	unchanged(g.t, user, before)
	if out := g.run(user, "build", "-x", "-o", bin, "."); !compiled(out, "compile") {
		g.t.Errorf("plain go build had it from the overlay:\n%s", out)
	}
	if st := mustSync(g.t, user, dir); st.Reset {
		g.t.Errorf("got %+v", st)
	}
	complete(g.t, user, dir)
}

// testResults: go clean -testcache works, and the entry that the test's new
// result overwrites in place is the overlay's alone.
func (g *realGo) testResults(user, dir string) {
	g.t.Helper()
	g.run(user, "test", "-vet=off", "./lib")
	g.run(user, "clean", "-testcache")
	before := snapshot(g.t, user)
	mustSync(g.t, user, dir)
	if out := g.run(dir, "test", "-vet=off", "./lib"); strings.Contains(out, "(cached)") {
		g.t.Errorf("go clean -testcache had no effect:\n%s", out)
	}
	unchanged(g.t, user, before)
	overwritten := 0
	for name, ours := range snapshot(g.t, dir) {
		if users, ok := before[name]; ok && strings.HasSuffix(name, "-a") && users != ours {
			overwritten++
		}
	}
	if overwritten == 0 {
		g.t.Error("no entry was overwritten: this test proves nothing")
	}
	// Ours is newer, also if every directory is read again.
	os.Remove(newSyncer(user, dir).statePath())
	if st := mustSync(g.t, user, dir); st.Replaced != 0 {
		g.t.Errorf("got %+v", st)
	}
	if out := g.run(dir, "test", "-vet=off", "./lib"); !strings.Contains(out, "(cached)") {
		g.t.Errorf("go test ran the test once more:\n%s", out)
	}
	unchanged(g.t, user, before)
}

// cleanCache: a clean start is one for gust too.
func (g *realGo) cleanCache(user, dir string) {
	g.t.Helper()
	g.run(user, "clean", "-cache")
	if st := mustSync(g.t, user, dir); !st.Reset || st.Removed == 0 {
		g.t.Errorf("got %+v", st)
	}
	for name := range snapshot(g.t, dir) {
		if strings.HasSuffix(name, "-a") || strings.HasSuffix(name, "-d") {
			g.t.Errorf("%s is left", name)
		}
	}
}
