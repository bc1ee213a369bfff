package testview

import (
	"testing"

	"github.com/gust-go/gust/internal/event"
)

func TestBesides(t *testing.T) {
	var d Digest
	if got := d.Besides("/m", "/h"); got != "" {
		t.Errorf("nothing happened: %q", got)
	}
	e := event.TestSandbox{Package: "p", LeftProcesses: []event.TestProcess{{Args: []string{"sleep", "1"}, Test: "TestX", Ports: []string{"127.0.0.1:80"}}}, Temp: []string{"/tmp/a", "/tmp/b"}}
	for _, path := range []string{"/m/a", "/h/b", "/else", "/m/\x1b[2J", "/m/e", "/m/f", "/m/g"} {
		e.Wrote = append(e.Wrote, event.TestWrite{Path: path, Op: "created"})
	}
	d.Emit(e)
	d.Emit(event.TestSandbox{Package: "q", Error: "no", Isolation: "landlock", WroteInPlace: []string{"/m/x"}})
	d.Emit(event.TestSandbox{Package: "r", Error: "not run"})
	d.Emit(event.TestIsolation{Isolation: "landlock", Packages: 1, Reason: "no", Missing: "x is 0", Action: "run: set x=1"})
	d.Emit(event.TestIsolation{Isolation: "off", Packages: 2, Reason: "no, no", Action: "run: set x=1"})
	want := `  box    1 package ran with landlock isolation, not full: no: x is 0
  box    2 packages ran without a sandbox: no, no
         for full isolation: set x=1
  wrote  p  a (created)
  wrote  p  ~/b (created)
  wrote  p  /else (created)
  wrote  p  "\x1b[2J (created)"
  wrote  p  e (created)
  wrote  p  and 2 more
  left   p  a process: sleep 1 (listens on 127.0.0.1:80) (started by TestX)
  temp   p  /tmp/a and 1 more
  wrote  q  x (not kept aside)
  box    r  not run
  what was written is kept aside: gust test diff shows it, gust test apply brings it in
`
	if got := d.Besides("/m", "/h"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestLimits: the limit that was hit has a name, and how to raise it is said once.
func TestLimits(t *testing.T) {
	var d Digest
	d.Emit(event.TestSandbox{Package: "p", Limits: []event.TestLimit{{Limit: "memory", Value: 512 << 20, Test: "TestX", Killed: true}, {Limit: "open-files", Value: 64}}})
	d.Emit(event.TestSandbox{Package: "q", Limits: []event.TestLimit{{Limit: "time", Value: 300e9, Killed: true}}})
	const want = `  limit  p  hit the memory limit of 512 MiB in TestX: killed
  limit  p  hit the limit of 64 open files of a process
  limit  q  hit the time limit of 5m: killed
  to allow more: gust test --limit=memory=1GiB, or write limits = { memory = "1GiB" } to [sandbox] or [[sandbox.package]] of gust.toml
`
	if got := d.Besides("/", ""); got != want {
		t.Errorf("%s", got)
	}
}
