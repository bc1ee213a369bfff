//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

const watchedMain = `package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"w/lib"
)

func main() {
	if lib.Deaf {
		signal.Ignore(syscall.SIGTERM)
	}
	// Its group must go with the program.
	if err := exec.Command("sleep", "1000").Start(); err != nil {
		panic(err)
	}
	n, err := os.Stdin.Read(make([]byte, 1))
	fmt.Println("generation", lib.Generation, "pid", os.Getpid(), "args", os.Args[1:], "stdin", n, err, ".")
	if lib.Exit >= 0 {
		os.Exit(lib.Exit)
	}
	time.Sleep(time.Hour)
}
`

func libText(generation string, exit int, deaf bool) string {
	return fmt.Sprintf("package lib\n\nconst Generation, Exit, Deaf = %s, %d, %t\n", generation, exit, deaf)
}

// TestWatch uses --watch as one would, in terminals.
func TestWatch(t *testing.T) {
	cache := t.TempDir()
	for name, test := range map[string]func(*terminal){
		"run": watchRun, "checkout": watchCheckout, "ends": watchEnds, "build": watchBuild, "test": watchTest,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newWatched(t, cache))
		})
	}
}

// newWatched is a terminal in a module with a program to watch.
func newWatched(t *testing.T, cache string) *terminal {
	t.Helper()
	tt := newTerminal(t, t.TempDir(), "GUST_CACHE="+cache, "GOCACHE="+warm(t))
	tt.write("go.mod", "module w\n\ngo 1.24\n")
	tt.write("main.go", watchedMain)
	tt.write("lib/lib.go", libText("1", -1, false))
	// As in most work trees, the files are older than the watch.
	for _, name := range []string{"go.mod", "main.go", "lib/lib.go"} {
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(filepath.Join(tt.dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	return tt
}

// started waits for a generation of the program and returns its process ID.
func (tt *terminal) started(generation int) string {
	tt.t.Helper()
	return tt.wait(`generation ` + strconv.Itoa(generation) + ` pid (\d+) `)
}

// watchRun is a session with a program.
func watchRun(tt *terminal) {
	t := tt.t
	tt.line(`gust run --watch . one -two; echo "status $?; $(stty -a | grep -o '[- ]icanon\|[- ]echo ' | xargs)"`)
	first := tt.started(1)
	tt.wait(`generation 1 pid \d+ args \[one -two\] stdin 0 EOF`)
	tt.wait(`running as process ` + first + ` · r: build again, q: quit`)

	// An edit.
	tt.write("lib/lib.go", libText("2", -1, false))
	second := tt.started(2)
	if alive(first) {
		t.Error("the first program still runs")
	}
	tt.wait(`lib/lib.go changed, building`)

	// A compile error leaves the program alone.
	tt.write("lib/lib.go", libText("x", -1, false))
	tt.wait(`lib.go:3:\d+: undefined: x`)
	tt.wait(`build failed after .*; the program goes on`)
	if !alive(second) {
		t.Error("a compile error has ended the program")
	}

	// Back to what runs: nothing to start.
	tt.write("lib/lib.go", libText("2", -1, false))
	tt.wait(`same program, still running`)

	// Saved in vim's way: one build.
	tt.clear()
	tt.save("lib/lib.go", libText("3", -1, false))
	third := tt.started(3)
	if n := tt.count("changed, building"); n != 1 {
		t.Errorf("%d builds after saving once", n)
	}

	// A key builds and starts again.
	tt.clear()
	tt.keys("r")
	fourth := tt.started(3)
	if fourth == third {
		t.Error("r has not started the program again")
	}

	// A program that ends by itself is waited for.
	tt.write("lib/lib.go", libText("4", 7, false))
	tt.wait(`the program has ended: exit status 7; waiting for a change`)
	tt.write("lib/lib.go", libText("5", -1, false))
	tt.started(5)

	// A package that is not there yet.
	tt.clear()
	tt.write("main.go", "package main\n\nimport \"w/sub/new\"\n\nfunc main() { new.Main() }\n")
	tt.wait(`build failed after .*; the program goes on`)
	tt.write("sub/new/new.go", "package new\n\nimport \"time\"\n\nfunc Main() { println(\"new main\"); time.Sleep(time.Hour) }\n")
	tt.wait(`(?m)^new main$`)

	tt.keys("C-c")
	tt.wait(`status 130; icanon echo`)
	tt.nothingLeft()
}

// watchCheckout: a checkout that changes hundreds of files is one build.
func watchCheckout(tt *terminal) {
	t := tt.t
	write := func(n int) {
		for i := range 400 {
			tt.write(fmt.Sprintf("lib/f%d.go", i), fmt.Sprintf("package lib\n\nconst C%d = %d\n", i, n))
		}
		tt.write("lib/lib.go", libText(strconv.Itoa(n), -1, false))
	}
	tt.git("init", "-q", "-b", "one")
	write(1)
	tt.git("add", ".")
	tt.git("commit", "-q", "-m", "one")
	tt.git("checkout", "-q", "-b", "two")
	write(2)
	tt.git("commit", "-q", "-a", "-m", "two")
	tt.line(`gust run --watch .; echo "status $?"`)
	tt.started(2)
	tt.git("checkout", "-q", "one")
	tt.started(1)
	tt.git("checkout", "-q", "two")
	tt.until("the second generation is back", func() bool { return tt.count("generation 2 ") == 2 })
	if n := tt.count("changed, building"); n != 2 {
		t.Errorf("%d builds after two checkouts; screen:\n%s", n, tt.screen())
	}
	tt.keys("q")
	tt.wait(`status 0`)
	tt.nothingLeft()
}

// watchEnds: however gust ends, its program ends with it.
func watchEnds(tt *terminal) {
	t := tt.t
	for _, end := range []struct {
		sig    syscall.Signal
		status int
	}{{syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}, {syscall.SIGINT, 130}} {
		tt.clear()
		tt.line(`gust run --watch .; echo "status $?"`)
		tt.started(1)
		tt.wait(`running as process`)
		if err := syscall.Kill(tt.gust(), end.sig); err != nil {
			t.Fatal(err)
		}
		tt.wait(fmt.Sprintf(`status %d`, end.status))
		tt.nothingLeft()
	}

	// One that does not heed SIGTERM is killed after the grace time.
	tt.write("lib/lib.go", libText("2", -1, true))
	tt.clear()
	tt.line(`gust run --watch --grace=300ms .; echo "status $?"`)
	deaf := tt.started(2)
	tt.wait(`running as process`)
	tt.write("lib/lib.go", libText("3", -1, true))
	tt.started(3)
	if alive(deaf) {
		t.Error("a program that ignores SIGTERM is still there")
	}
	tt.keys("q")
	tt.wait(`status 0`)
	tt.nothingLeft()

	// Ctrl-C twice does not wait for the grace time.
	tt.clear()
	tt.line(`gust run --watch --grace=1h .; echo "status $?"`)
	tt.started(3)
	tt.wait(`running as process`)
	tt.keys("C-c")
	// Two signals at once would be one: the system does not count them.
	tt.wait(`waiting up to 1h0m0s for the program to end; \^C again kills it`)
	tt.keys("C-c")
	tt.wait(`status 130`)
	tt.nothingLeft()

	// No handler sees SIGKILL; the kernel tells the program, and the guard its child.
	tt.clear()
	tt.line(`gust run --watch .; echo "status $?"`)
	killed := tt.started(3)
	if err := syscall.Kill(tt.gust(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	tt.until("the program is gone as well", func() bool { return !alive(killed) })
	tt.until("the shell is back", func() bool { return tt.count("status 137") == 1 })
	tt.until("its child and the guard are gone", func() bool { return len(tt.marked()) == 0 })

	// The terminal goes away.
	tt.line("stty sane")
	tt.clear()
	tt.write("lib/lib.go", libText("4", -1, false))
	tt.line(`gust run --watch .; echo "status $?"`)
	tt.started(4)
	tt.tmux("kill-server")
	tt.untilGone()
}

// watchBuild: without a program the status is one line that is painted again.
func watchBuild(tt *terminal) {
	t := tt.t
	tt.line(`gust build --watch -o app .; echo "status $?"`)
	tt.wait(`(?m)^gust: built in .*; watching 2 packages · r: build again, q: quit$`)
	before, err := os.Stat(tt.dir + "/app")
	if err != nil {
		t.Fatal(err)
	}
	tt.write("lib/lib.go", libText("2", -1, false))
	tt.until("the binary is new", func() bool {
		info, err := os.Stat(tt.dir + "/app")
		return err == nil && !info.ModTime().Equal(before.ModTime())
	})
	tt.write("lib/lib.go", libText("x", -1, false))
	tt.wait(`undefined: x\ngust: build failed after .*; watching 2 packages`)
	if n := tt.count("gust: built in"); n != 0 {
		t.Errorf("%d old status lines are left; screen:\n%s", n, tt.screen())
	}

	// Stopped and continued by the shell.
	tt.keys("C-z")
	tt.wait(`(?i)stopped`)
	tt.clear()
	tt.line("fg")
	tt.write("lib/lib.go", libText("3", -1, false))
	tt.wait(`gust: built in .*; watching 2 packages`)

	// A broken go.mod is waited for, too.
	tt.write("go.mod", "module w\n\ngo\n")
	tt.wait(`gust: build failed after`)
	tt.write("go.mod", "module w\n\ngo 1.24\n")
	tt.wait(`gust: built in .*; watching 2 packages`)
	tt.keys("q")
	tt.nothingLeft()
	tt.line(`stty -a | grep -o '[- ]icanon\|[- ]echo ' | xargs`)
	tt.wait(`(?m)^icanon echo$`)
}

// watchTest: tests run again when they, what they test or what they read changes.
func watchTest(tt *terminal) {
	test := func(want int) string {
		return fmt.Sprintf(`package lib

import (
	"os"
	"testing"
)

func TestGeneration(t *testing.T) {
	if b, err := os.ReadFile("testdata/text"); err != nil || string(b) != "right" || Generation != %d {
		t.Errorf("generation %%d with %%q, want %d", Generation, b)
	}
}

func TestOther(t *testing.T) {}
`, want, want)
	}
	tt.write("lib/lib_test.go", test(1))
	tt.write("lib/testdata/text", "right")
	tt.line(`gust test --watch ./lib; echo "status $?; $(stty -a | grep -o '[- ]icanon\|[- ]echo ' | xargs)"`)
	tt.wait(`passed in .* · r: test again, f: what failed, t: what runs, q: quit`)

	tt.clear()
	tt.write("lib/lib.go", libText("2", -1, false))
	tt.wait(`--- FAIL: TestGeneration`)
	tt.wait(`lib_test.go:10: generation 2 with "right", want 1`)
	tt.wait(`2 tests in 1 package`)
	tt.wait(`failed after `)

	tt.clear()
	tt.keys("f")
	tt.wait(`1 test in 1 package`)
	tt.wait(`failed after `)

	tt.clear()
	tt.write("lib/lib_test.go", test(2))
	tt.wait(`2 tests in 1 package`)
	tt.wait(`passed in `)

	tt.clear()
	tt.write("lib/testdata/text", "wrong")
	tt.wait(`generation 2 with "wrong", want 2`)
	tt.wait(`failed after `)

	tt.keys("q")
	tt.wait(`status 0; icanon echo`)
	tt.nothingLeft()
}
