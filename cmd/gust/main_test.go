package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gust-go/gust/internal/buildid"
)

// seeds makes one warm build cache for all scripts that ask for it.
type seeds struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	// A link called go is gust too: one of the scripts puts it in go's place.
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "go" {
		main()
	}
	testscript.Main(m, map[string]func(){"gust": main})
}

// TestScript runs the scripts of testdata/script, which say what a user sees.
// Each has a home directory, a build cache and a gust cache of its own and no
// network. Besides testscript's commands there are:
//
//	seedcache          fill GOCACHE with the packages that most programs need
//	cmpbin a b         compare two binaries, build IDs blanked
//	exits n cmd...     run a command that must exit with status n
//
// The variables GUST_EXE and GO_EXE are the paths of the gust under test and of
// the real go.
func TestScript(t *testing.T) {
	var seed seeds
	t.Cleanup(seed.remove)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("GUST_UPDATE_SCRIPTS") != "",
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"seedcache": seed.cmd,
			"cmpbin":    cmpbin,
			"exits":     exits,
		},
	})
}

func setup(env *testscript.Env) error {
	gust, err := exec.LookPath("gust")
	if err != nil {
		return err
	}
	goExe, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	state := filepath.Join(env.WorkDir, ".state")
	for name, value := range map[string]string{
		"GUST_EXE":    gust,
		"GO_EXE":      goExe,
		"HOME":        filepath.Join(state, "home"),
		"USERPROFILE": filepath.Join(state, "home"),
		"GOPATH":      filepath.Join(state, "gopath"),
		"GOCACHE":     filepath.Join(state, "gocache"),
		"GUST_CACHE":  filepath.Join(state, "gustcache"),
		"GOENV":       "off",
		"GOFLAGS":     "",
		"GOPROXY":     "off",
		"GOSUMDB":     "off",
		"GOTELEMETRY": "off",
		"GOTOOLCHAIN": "local",
		"GOWORK":      "",
	} {
		env.Setenv(name, value)
	}
	return os.MkdirAll(env.Getenv("HOME"), 0o777)
}

// cmd is the script command seedcache.
func (s *seeds) cmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: seedcache")
	}
	s.once.Do(s.fill)
	ts.Check(s.err)
	ts.Check(linkCache(s.dir, ts.Getenv("GOCACHE")))
}

// fill builds and tests a small program with a new cache.
func (s *seeds) fill() {
	s.dir, s.err = os.MkdirTemp("", "gust-seed")
	if s.err != nil {
		return
	}
	work := filepath.Join(s.dir, "work")
	files := map[string]string{
		"go.mod":       "module seed\n\ngo 1.24\n",
		"main.go":      "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n",
		"main_test.go": "package main\n\nimport \"testing\"\n\nfunc TestSeed(t *testing.T) { main() }\n",
	}
	if s.err = os.Mkdir(work, 0o777); s.err != nil {
		return
	}
	for name, text := range files {
		if s.err = os.WriteFile(filepath.Join(work, name), []byte(text), 0o666); s.err != nil {
			return
		}
	}
	for _, verb := range []string{"build", "test"} {
		cmd := exec.Command("go", verb, "-o", os.DevNull, ".")
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(s.dir, "cache"), "GOFLAGS=", "GOWORK=off", "GOENV=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			s.err = fmt.Errorf("seed the build cache: go %s: %w\n%s", verb, err, out)
			return
		}
	}
}

func (s *seeds) remove() {
	if s.dir != "" {
		_ = os.RemoveAll(s.dir) // in the temporary directory anyway
	}
}

// linkCache makes a build cache with the entries of another. cmd/go writes
// data files once, so they can be shared; action files it overwrites.
func linkCache(from, to string) error {
	from = filepath.Join(from, "cache")
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o777)
		}
		if strings.HasSuffix(path, "-d") && os.Link(path, target) == nil {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o666)
	})
}

// cmpbin is the script command of that name.
func cmpbin(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: cmpbin file1 file2")
	}
	a, err := buildid.Blank(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := buildid.Blank(ts.MkAbs(args[1]))
	ts.Check(err)
	switch same := bytes.Equal(a, b); {
	case neg && same:
		ts.Fatalf("%s and %s are the same but for their build IDs", args[0], args[1])
	case !neg && !same:
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		ts.Fatalf("%s and %s differ from byte %#x on (%d and %d bytes)", args[0], args[1], at, len(a), len(b))
	}
}

// exits is the script command of that name.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exited *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exited):
		got = exited.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s exits with status %d, want %d", args[1], got, want)
	}
}
