package box

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestGoroutines: goroutines that are still there are known, and the program ends as
// it wanted to, with all that it has written.
func TestGoroutines(t *testing.T) {
	l := newLab(t)
	l.spec.Goroutines = true
	out, code, r := l.helper("goroutines")
	if code != 3 || out != "to stdout\nto stderr\n" {
		t.Errorf("status %d, output %q", code, out)
	}
	got := ""
	for _, g := range r.Goroutines {
		_, function, _ := strings.Cut(g.Function, "/box.")
		_, creator, _ := strings.Cut(g.Creator, "/box.")
		got += fmt.Sprintf("%d %s %s %s; ", g.Count, function, g.State, creator)
		if !strings.Contains(g.CreatedAt, "goroutines_linux_test.go:") {
			t.Errorf("started at %q", g.CreatedAt)
		}
	}
	if got != "3 stuck chan receive goroutinesMain; " && got != "3 goroutinesMain.func1 chan receive goroutinesMain; " {
		t.Errorf("goroutines: %s", got)
	}
	// A program without any, and one that Go did not make.
	if out, code, r := l.helper("listen", "127.0.0.1:0"); code != 0 || len(r.Goroutines) > 0 {
		t.Errorf("status %d, output %s, goroutines %v", code, out, r.Goroutines)
	}
	l.spec.Goroutines = false
	if _, code, r := l.helper("goroutines"); code != 3 || len(r.Goroutines) > 0 {
		t.Errorf("status %d, goroutines %v that nobody asked for", code, r.Goroutines)
	}
}

// goroutinesMain leaves some, and one that needs a moment to end.
func goroutinesMain() int {
	for range 3 {
		go stuck()
	}
	go time.Sleep(5 * time.Millisecond)
	fmt.Println("to stdout")
	fmt.Fprintln(os.Stderr, "to stderr")
	return 3
}

func stuck() { <-make(chan int) }

func TestParseStacks(t *testing.T) {
	all := parseStacks(`SIGQUIT: quit
PC=0x4 m=0 sigcode=0

goroutine 0 gp=0x1 m=0 mp=0x2 [idle]:
runtime.futex()
	/go/src/runtime/sys.s:557 +0x21

goroutine 1 gp=0x3 m=0 mp=0x2 [running]:
	goroutine running on other thread; stack unavailable

goroutine 7 gp=0x4 m=nil [chan receive, 2 minutes]:
runtime.gopark(0x1?)
	/go/src/runtime/proc.go:460 +0xce fp=0x5
example.com/a.(*T).wait(0x1, {0x2, 0x3})
	/a/a b.go:3 +0x1d
created by example.com/a.Start in goroutine 6
	/a/a.go:9 +0x25

goroutine 8 [select]:
os/signal.loop()
	/go/src/os/signal/signal_unix.go:23 +0x13
created by os/signal.Notify.func1.1 in goroutine 1
	/go/src/os/signal/signal.go:151 +0x1f

rax    0x0
`)
	if got := fmt.Sprint(all); got != "[{example.com/a.(*T).wait /a/a b.go:3 chan receive example.com/a.Start /a/a.go:9 1}]" {
		t.Error(got)
	}
}
