package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/sarif/sariftest"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/experiment"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// example is an old host with a program that does not run there.
func example() *kernelcheck.Report {
	h := &fact.Host{OS: "linux", Arch: "amd64", Release: "3.1.2", Seccomp: -1, CPU: fact.CPU{Level: "v1"}}
	p := &fact.Program{Name: "dir/a program", OS: "linux", Arch: "amd64", Level: "v3", Binary: true, Cgo: fact.No, Debug: map[string]string{}, DebugKnown: true}
	p.SetVersion("go1.26.8")
	return kernelcheck.Inspect(h, []*fact.Program{p}, nil)
}

func TestSARIF(t *testing.T) {
	schema := sariftest.Load(t)
	for name, r := range map[string]*kernelcheck.Report{"findings": example(), "nothing": {Host: &fact.Host{OS: "darwin"}}} {
		var out bytes.Buffer
		if err := SARIF(&out, r, "v1"); err != nil {
			t.Fatal(err)
		}
		if v := schema.Problems(t, out.Bytes()); len(v) > 0 {
			t.Errorf("%s: %s\n%s", name, strings.Join(v, "\n"), out.String())
		}
	}
}

func TestGitHub(t *testing.T) {
	var out strings.Builder
	err := GitHub(&out, []kernelcheck.Finding{{ID: "A,B:C", Title: "100% wrong\nreally", Verdict: fact.Yes, Severity: "info", Action: "stop"}})
	if want := "::notice title=gust kernel A%2CB%3AC::100%25 wrong%0Areally; stop\n"; err != nil || out.String() != want {
		t.Errorf("GitHub wrote %q, %v; want %q", out.String(), err, want)
	}
}

func TestHuman(t *testing.T) {
	var plain, color strings.Builder
	r := example()
	if err := (Human{}).Report(&plain, r); err != nil {
		t.Fatal(err)
	}
	if err := (Human{Color: true}).Report(&color, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"programs do not start\n  ✗ error MIN-KERNEL: ", "GOAMD64=v3 on a CPU of level v1", "\ncould not tell\n", "2 errors"} {
		if !strings.Contains(plain.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, plain.String())
		}
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(color.String(), "\x1b[31m✗ error\x1b[0m MIN-KERNEL") {
		t.Error("colour is where it should not be, or is not where it should")
	}
}

// TestHumanCannotBeSteered gives every text that is not gust's own a sequence
// that would clear the screen, and one that makes a line of its own.
func TestHumanCannotBeSteered(t *testing.T) {
	const evil = "\x1b[2J\n\u202e"
	r := example()
	r.Toolchain = &experiment.Toolchain{Local: "go1" + evil, Final: "go2" + evil, Why: "toolchain line" + evil, Trouble: []string{"trouble" + evil}}
	r.Toolchain.GOEXPERIMENT = experiment.Value{Text: "x" + evil, Origin: experiment.FromEnvironment}
	r.Programs[0].Name += evil
	r.Programs[0].Version += evil
	for i := range r.Findings {
		r.Findings[i].Subject += evil
		r.Findings[i].Evidence = append(r.Findings[i].Evidence, evil)
	}
	r.Host.Release += evil
	r.Host.Probed, r.Host.Probes = true, map[string]fact.Probe{"bpf": {Verdict: fact.No, Detail: evil}}
	for _, h := range []Human{{}, {Color: true}} {
		var out strings.Builder
		if err := h.Report(&out, r); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "\x1b[2J") || strings.Contains(out.String(), "\u202e") || !h.Color && strings.Contains(out.String(), "\x1b") {
			t.Errorf("it went through: %q", out.String())
		}
		if !strings.Contains(out.String(), `dir/a program\x1b[2J\x0a\x202e`) {
			t.Errorf("the program's name is not shown: %s", out.String())
		}
	}
}

func TestDifference(t *testing.T) {
	var out strings.Builder
	d := kernelcheck.Diff(&fact.Host{OS: "linux", Release: "5.4.1"}, &fact.Host{OS: "linux", Release: "6.1.2"}, nil, []string{"ebpf"})
	if err := (Human{}).Difference(&out, d); err != nil {
		t.Fatal(err)
	}
	if want := "  ✓ warning BPF-MEMLOCK: yes -> no: "; !strings.Contains(out.String(), want) {
		t.Errorf("the difference lacks %q:\n%s", want, out.String())
	}
}

func TestRules(t *testing.T) {
	var out strings.Builder
	if err := (Human{}).Rules(&out, rule.Table()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != len(rule.Table())+2 || !strings.Contains(out.String(), "\nGOEXPERIMENT ") {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
}
