package timings

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// TestRealBuild reads what the go of this machine writes, of a build that
// fails in one package.
func TestRealBuild(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":   "module example.com/m\n\ngo 1.24\n",
		"a/a.go":   "package a\n\nfunc F() int { return 1 }\n",
		"bad/b.go": "package bad\n\nimport \"example.com/m/a\"\n\nvar X string = a.F()\n",
		"top/t.go": "package top\n\nimport _ \"example.com/m/bad\"\n",
		"main.go":  "package main\n\nimport \"example.com/m/a\"\n\nfunc main() { println(a.F(), \"" + t.Name() + dir + "\") }\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	cmd := exec.Command("go", "build", "-debug-actiongraph=graph.json", "./...")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "bad/b.go:5") {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "graph.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	actions, err := ReadGraph(f)
	if err != nil {
		t.Fatal(err)
	}
	r := New(Input{Began: start, Wall: time.Since(start), Parallel: 2, Actions: actions})
	got := make(map[string]string)
	for _, s := range r.Steps {
		if s.Outcome != "" {
			got[s.Phase+" "+s.Package] = s.Outcome
		}
		if s.ReadyNS < 0 || s.ReadyNS > s.StartNS || s.StartNS > s.DoneNS || s.DoneNS > r.Total.WallNS {
			t.Errorf("the times of %+v are out of order", s)
		}
	}
	for what, want := range map[string]string{
		"compile example.com/m":     event.Compiled,
		"compile example.com/m/bad": event.Failed,
		"compile example.com/m/top": event.NotRun,
		"link example.com/m":        event.Linked,
	} {
		if got[what] != want {
			t.Errorf("%s was %q, want %q", what, got[what], want)
		}
	}
	if o := got["compile example.com/m/a"]; o != event.Compiled && o != event.Cached {
		t.Errorf("a was %q", o)
	}
	last := r.Total.Critical[len(r.Total.Critical)-1]
	if s := step(t, r, last); s.Phase != "link" {
		t.Errorf("the critical path ends with %+v, want the link", s)
	}
}

func step(t *testing.T, r *Report, id int) event.BuildAction {
	t.Helper()
	for _, s := range r.Steps {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("there is no step %d", id)
	return event.BuildAction{}
}

// TestToolsAndOutcomes merges what the wrapper has seen.
func TestToolsAndOutcomes(t *testing.T) {
	ms := time.Millisecond
	in := Input{
		Began: began, Wall: 100 * ms,
		Actions: []Action{
			{ID: 0, Mode: "link", Package: "m", Objdir: "/w/b001/", Deps: []int{1, 2}, BuildID: "x", Cmd: 1,
				TimeReady: at(60 * ms), TimeStart: at(60 * ms), TimeDone: at(90 * ms)},
			{ID: 1, Mode: "build", Package: "m", Objdir: "/w/b001/", Deps: []int{2}, BuildID: "x", Cmd: 3,
				TimeReady: at(20 * ms), TimeStart: at(30 * ms), TimeDone: at(60 * ms)},
			{ID: 2, Mode: "build", Package: "p", Objdir: "/w/b002/", BuildID: "x", Cmd: 1,
				TimeReady: at(10 * ms), TimeStart: at(10 * ms), TimeDone: at(20 * ms)},
			{ID: 3, Mode: "vet", Package: "p", Objdir: "/w/b003/"}, // never begun
			{ID: 4, Mode: "cgo compile /w/b002/x.c", Package: "p", TimeStart: at(95 * ms)},
		},
		Tools: []Tool{
			{Name: "link", ImportPath: "m", Dir: "/w/b001/exe", At: at(61 * ms)},
			{Name: "asm", ImportPath: "m", Dir: "/w/b001", At: at(50 * ms)},
			{Name: "compile", ImportPath: "m", Dir: "/w/b001", At: at(35 * ms)},
			{Name: "asm", ImportPath: "m", Dir: "/w/b001", At: at(32 * ms)},
			{Name: "compile", ImportPath: "p [m.test]", Dir: "/w/b002", At: at(11 * ms)},
		},
		Packages: []event.BuildPackage{{ImportPath: "p [m.test]", Outcome: event.Reused, SavedNS: 7}},
	}
	want := []event.BuildAction{
		{ID: 0, Package: "m", Phase: "link", Outcome: event.Linked, Deps: []int{1, 2}, BlockedBy: 1, Critical: true,
			ReadyNS: 60e6, StartNS: 60e6, DoneNS: 90e6},
		{ID: 1, Package: "m", Phase: "compile", Outcome: event.Compiled, Deps: []int{2}, BlockedBy: 2, Critical: true,
			ReadyNS: 20e6, StartNS: 30e6, DoneNS: 60e6,
			Parts: []event.ActionPart{{Phase: "asm", StartNS: 30e6, DoneNS: 35e6}, {Phase: "compile", StartNS: 35e6, DoneNS: 50e6}, {Phase: "asm", StartNS: 50e6, DoneNS: 60e6}}},
		{ID: 2, Package: "p [m.test]", Phase: "compile", Outcome: event.Reused, SavedNS: 7, Critical: true,
			ReadyNS: 10e6, StartNS: 10e6, DoneNS: 20e6},
		{ID: 4, Package: "p", Phase: "cc", Detail: "x.c", ReadyNS: 95e6, StartNS: 95e6, DoneNS: 100e6},
	}
	r := New(in)
	if !reflect.DeepEqual(r.Steps, want) {
		t.Errorf("steps are\n%+v, want\n%+v", r.Steps, want)
	}
	if r.Total.CriticalNS != 70e6 || !slices.Equal(r.Total.Critical, []int{2, 1, 0}) || r.Total.LoadNS != 10e6 {
		t.Errorf("total is %+v", r.Total)
	}
}

// TestCriticalPath compares with all paths there are.
func TestCriticalPath(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		in := random(rnd, 1+rnd.IntN(12))
		r := New(in)
		var longest func(id int) time.Duration
		longest = func(id int) time.Duration {
			var before time.Duration
			for _, d := range in.Actions[id].Deps {
				before = max(before, longest(d))
			}
			return before + in.Actions[id].TimeDone.Sub(in.Actions[id].TimeStart)
		}
		if want := longest(0).Nanoseconds(); r.Total.CriticalNS != want || want == 0 {
			t.Fatalf("critical path %d, want %d", r.Total.CriticalNS, want)
		}
		var sum int64
		for i, id := range r.Total.Critical {
			s := step(t, r, id)
			if sum += s.DoneNS - s.StartNS; !s.Critical {
				t.Errorf("step %d is not marked", id)
			}
			if i > 0 && !slices.Contains(s.Deps, r.Total.Critical[i-1]) {
				t.Errorf("step %d does not depend on %d", id, r.Total.Critical[i-1])
			}
		}
		if lost := r.Total.CriticalNS - sum; lost > int64(len(in.Actions))*negligible {
			t.Errorf("the steps on the path are %d ns short of it", lost)
		}
	}
}

// TestLoad wants the same sums, however long the stretches are.
func TestLoad(t *testing.T) {
	r := New(random(rand.New(rand.NewPCG(3, 4)), 50))
	var running, waiting, cpu float64
	for _, s := range r.Steps {
		running += float64(s.DoneNS - s.StartNS)
		waiting += float64(s.StartNS - s.ReadyNS)
		cpu += float64(s.CPUNS)
	}
	for _, n := range []int{1, 7, 600} {
		var got Load
		for _, l := range r.Load(n) {
			width := float64(r.Total.WallNS) / float64(n)
			got = Load{got.Running + l.Running*width, got.Waiting + l.Waiting*width, got.CPU + l.CPU*width}
			if l.Running > 2.001 {
				t.Errorf("%v steps run at a time, there are 2 workers", l.Running)
			}
		}
		for _, pair := range [][2]float64{{got.Running, running}, {got.Waiting, waiting}, {got.CPU, cpu}} {
			if math.Abs(pair[0]-pair[1]) > 1e-6*pair[1] {
				t.Errorf("%d stretches sum up to %+v, want %v, %v, %v", n, got, running, waiting, cpu)
			}
		}
	}
	if got := (&Report{}).Load(3); len(got) != 3 || got[0].Running != 0 {
		t.Errorf("the load of an empty report is %v", got)
	}
}

func TestReadGraphRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":             "",
		"no list":             "{}",
		"unfinished":          `[{"ID":0},`,
		"wrong ID":            `[{"ID":1}]`,
		"missing dependency":  `[{"ID":0,"Deps":[1]}]`,
		"negative dependency": `[{"ID":0,"Deps":[-1]}]`,
		"cycle":               `[{"ID":0,"Deps":[1]},{"ID":1,"Deps":[0]}]`,
		"no time":             `[{"ID":0,"TimeReady":"yesterday"}]`,
	} {
		if _, err := ReadGraph(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "read action graph: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzReadGraph(f *testing.F) {
	f.Add(`[{"ID":0,"Mode":"link","Package":"m","Deps":[1],"TimeStart":"2026-11-21T12:00:01Z","TimeDone":"2026-11-21T12:00:00Z","Cmd":null},{"ID":1,"Mode":"cgo compile /x.c","Cmd":["a"],"TimeReady":"2020-11-21T12:00:01Z","TimeStart":"2026-11-21T12:00:01Z"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		actions, err := ReadGraph(strings.NewReader(text))
		if err != nil {
			return
		}
		r := New(Input{Title: text, Began: began, Wall: time.Second, Actions: actions})
		checkTrace(t, r)
		checkPage(t, r)
	})
}
