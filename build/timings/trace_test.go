package timings

import (
	"bytes"
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestTrace holds a trace to the rules of its format, of a build in which steps
// have parts.
func TestTrace(t *testing.T) {
	in := random(rand.New(rand.NewPCG(5, 6)), 300)
	for _, a := range in.Actions[1:] {
		half := a.TimeStart.Add(a.TimeDone.Sub(a.TimeStart) / 2)
		in.Tools = append(in.Tools,
			Tool{Name: "asm", Dir: a.Objdir, ImportPath: a.Package, At: a.TimeStart},
			Tool{Name: "compile", Dir: a.Objdir, ImportPath: a.Package, At: half})
	}
	if n := checkTrace(t, New(in)); n < 600 {
		t.Errorf("the trace has %d slices, want a slice for each step and part", n)
	}
}

// sliceOf is what a slice, or an end of an arrow, needs to be placed.
type sliceOf struct{ start, end *big.Rat }

// checkTrace parses a trace and checks what the format asks for: known event
// types with their fields; slices of a thread that nest; arrows that start and
// end at a slice. It returns the number of slices.
func checkTrace(t *testing.T, r *Report) int {
	t.Helper()
	var out bytes.Buffer
	if err := r.Trace(&out); err != nil {
		t.Fatal(err)
	}
	var trace struct {
		DisplayTimeUnit string
		TraceEvents     []struct {
			Name     *string
			Ph       string
			TS, Dur  json.Number
			PID, TID *int
			ID       int
			BP       string
			Args     map[string]any
		}
	}
	dec := json.NewDecoder(&out)
	dec.UseNumber()
	if err := dec.Decode(&trace); err != nil || trace.DisplayTimeUnit != "ms" {
		t.Fatalf("displayTimeUnit %q, error %v", trace.DisplayTimeUnit, err)
	}
	threads := make(map[int][]sliceOf) // open slices
	begins := make(map[int]map[string]bool)
	arrows := make(map[int]string)
	slices := 0
	for _, e := range trace.TraceEvents {
		if e.Name == nil || e.PID == nil || e.TID == nil {
			t.Fatalf("%+v lacks a field", e)
		}
		ts, ok := new(big.Rat).SetString(string(e.TS))
		if !ok || ts.Sign() < 0 {
			t.Fatalf("%s has the time %q", *e.Name, e.TS)
		}
		switch e.Ph {
		case "X":
			slices++
			dur, ok := new(big.Rat).SetString(string(e.Dur))
			if !ok || dur.Sign() < 0 {
				t.Fatalf("%s lasts %q", *e.Name, e.Dur)
			}
			s := sliceOf{ts, dur.Add(dur, ts)}
			open := threads[*e.TID]
			for len(open) > 0 && open[len(open)-1].end.Cmp(s.start) <= 0 {
				open = open[:len(open)-1]
			}
			if len(open) > 0 && (s.start.Cmp(open[len(open)-1].start) < 0 || s.end.Cmp(open[len(open)-1].end) > 0) {
				t.Fatalf("%s neither follows %v nor lies in it", *e.Name, open[len(open)-1])
			}
			threads[*e.TID] = append(open, s)
			if begins[*e.TID] == nil {
				begins[*e.TID] = map[string]bool{}
			}
			begins[*e.TID][string(e.TS)] = true
		case "s", "f":
			if e.ID == 0 || !begins[*e.TID][string(e.TS)] || e.Ph == "f" && e.BP != "e" {
				t.Errorf("the arrow %+v is not bound to a slice", e)
			}
			arrows[e.ID] += e.Ph
		case "C":
			for name, v := range e.Args {
				if _, ok := v.(json.Number); !ok {
					t.Errorf("counter %s has the value %v", name, v)
				}
			}
		case "M":
			if _, ok := e.Args["name"].(string); !ok {
				t.Errorf("%s has no name", *e.Name)
			}
		default:
			t.Errorf("%s has the type %q", *e.Name, e.Ph)
		}
	}
	for id, ends := range arrows {
		if ends != "sf" {
			t.Errorf("arrow %d has the ends %q", id, ends)
		}
	}
	return slices
}

func TestMicros(t *testing.T) {
	for ns, want := range map[micros]string{0: "0", 1: "0.001", 1000: "1", 1010: "1.010", 123456789: "123456.789"} {
		got, err := json.Marshal(ns)
		if err != nil || string(got) != want {
			t.Errorf("%d ns are %s µs, %v; want %s", ns, got, err, want)
		}
	}
}
