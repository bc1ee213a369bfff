package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gust-go/gust/internal/buildid"
)

func TestMain(m *testing.M) {
	// A link called go is gust too: one of the scripts puts it in go's place.
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == "go" {
		main()
	}
	// Whoever runs the tests in the background of a shell has them ignore
	// interrupts, and gust heeds that; scripts send some. What a process
	// catches, its children do not ignore.
	if signal.Ignored(os.Interrupt) {
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	testscript.Main(seededTests{m}, map[string]func(){"gust": main})
}

// seededTests are all tests, behind which the warm caches are thrown away.
type seededTests struct{ *testing.M }

func (m seededTests) Run() int {
	defer warmCaches.remove()
	return m.M.Run()
}

// TestScript runs the scripts of testdata/script, which say what a user sees.
// Each has a home directory, a build cache and a gust cache of its own and no
// network. Besides testscript's commands there are:
//
//	seedcache [small | flags]
//	                   fill GOCACHE with the packages that most programs need
//	cmpbin a b         compare two binaries, build IDs blanked
//	exits n cmd...     run a command that must exit with status n
//	asgo args...       run go and gust; output and status must be the same
//	agrees list verb args...
//	                   build with gust and with go, compare (see agrees)
//	sub file old new   replace the one place where old stands
//	treesum file dir   write names, sizes and hashes below dir to a file
//	damage dir how     spoil all files below a directory: flip a bit, cut off a
//	                   byte, empty them, make them unreadable
//	stress how rounds  edit and build while something gets in the way (see stress)
//	serve port text    listen on a port of 127.0.0.1 and say something to whoever
//	                   connects, until the script ends
//	remotecache dir    start a server that keeps what is PUT in a directory, and set
//	                   GUST_REMOTE_CACHE; GUST_REMOTE_CACHE_KEY and CHECK_KEY are
//	                   a pair of keys
//	await file pattern wait until a file has a line that matches and stays the same
//	proxymod dir path@version
//	                   make a module that GOPROXY=file://$WORK/proxy serves
//
// The variables GUST_EXE and GO_EXE are the paths of the gust under test and of
// the real go. The condition [can:x] tells whether the machine has what x
// needs; in CI it must.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true,
		UpdateScripts:       os.Getenv("GUST_UPDATE_SCRIPTS") != "",
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"seedcache": warmCaches.cmd,
			"cmpbin":    cmpbin,
			"exits":     exits,
			"agrees":    agrees,
			"asgo":      asgo,
			"sub":       sub,
			"treesum":   treesum,
			"proxymod":  proxymod,
			"damage":    damage,
			"stress":    stress,
			"await":     await,
			"serve":     serve,

			"remotecache": remotecache,
		},
		Condition: can,
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
		"PLAINCACHE":  filepath.Join(state, "plaincache"),
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

// serve is the script command of that name.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: serve port text")
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", args[0]))
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, args[1])
			_ = c.Close()
		}
	}()
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

// await is the script command of that name.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await file pattern")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	file := ts.MkAbs(args[0])
	var before []byte
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		now, err := os.ReadFile(file)
		if err == nil && pattern.Match(now) && bytes.Equal(now, before) {
			return
		}
		before = now
	}
	ts.Fatalf("waited in vain until %s matches %s; it holds:\n%s", args[0], args[1], before)
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
