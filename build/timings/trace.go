package timings

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"

	"github.com/gust-go/gust/internal/event"
)

// A traceEvent is an event of the Trace Event Format, which chrome://tracing
// and ui.perfetto.dev read:
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
type traceEvent struct {
	Name  string         `json:"name"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	TS    micros         `json:"ts"`
	Dur   *micros        `json:"dur,omitempty"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	ID    int            `json:"id,omitempty"`
	BP    string         `json:"bp,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// micros are nanoseconds, written as microseconds without rounding: slices of
// one thread must nest to the last digit.
type micros int64

// MarshalJSON implements json.Marshaler.
func (m micros) MarshalJSON() ([]byte, error) {
	b := strconv.AppendInt(nil, int64(m)/1000, 10)
	if rest := int64(m) % 1000; rest != 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return b, nil
}

// tracePID is the one process of a trace; 0 has a meaning of its own in
// Perfetto.
const tracePID = 1

// Trace writes the report in the Trace Event Format. cmd/go does not say which
// of its workers ran a step, so the lanes are made up: a step takes the first
// that is free.
func (r *Report) Trace(w io.Writer) error {
	t := &tracer{w: bufio.NewWriter(w), critical: map[int]int{}}
	for i, id := range r.Total.Critical {
		t.critical[id] = i
	}
	_, _ = t.w.WriteString("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n")
	t.event(traceEvent{Name: "process_name", Phase: "M", PID: tracePID, Args: map[string]any{"name": r.Title}})
	t.slice(traceEvent{Name: "load packages", Cat: "load", TID: 1}, 0, r.Total.LoadNS)
	lanes := []int64{r.Total.LoadNS} // when each is free
	for _, i := range r.byStart() {
		s := &r.Steps[i]
		if s.Package == "" || !worked(s) {
			continue
		}
		lane := 0
		for lane < len(lanes) && lanes[lane] > s.StartNS {
			lane++
		}
		if lane == len(lanes) {
			lanes = append(lanes, 0)
		}
		lanes[lane] = s.DoneNS
		t.step(s, lane+1)
	}
	for lane := range lanes {
		t.event(traceEvent{Name: "thread_name", Phase: "M", PID: tracePID, TID: lane + 1,
			Args: map[string]any{"name": "worker " + strconv.Itoa(lane+1)}})
	}
	t.counters(r)
	_, _ = t.w.WriteString("\n]}\n")
	if t.err != nil {
		return t.err
	}
	return t.w.Flush()
}

type tracer struct {
	w        *bufio.Writer
	any      bool
	err      error
	critical map[int]int // place on the critical path by ID
}

func (t *tracer) event(e traceEvent) {
	b, err := json.Marshal(e)
	if err != nil {
		t.err = err
		return
	}
	if t.any {
		_, _ = t.w.WriteString(",\n")
	}
	t.any = true
	_, _ = t.w.Write(b) // a bufio.Writer keeps its error for Flush
}

// slice writes a complete event.
func (t *tracer) slice(e traceEvent, start, done int64) {
	dur := micros(done - start)
	e.Phase, e.TS, e.Dur, e.PID = "X", micros(start), &dur, tracePID
	t.event(e)
}

// step writes a step with its parts inside, and an arrow from its predecessor
// on the critical path.
func (t *tracer) step(s *event.BuildAction, lane int) {
	args := map[string]any{"step": s.ID, "waited_ms": float64(s.StartNS-s.ReadyNS) / 1e6, "cpu_ms": float64(s.CPUNS) / 1e6}
	for name, value := range map[string]string{"outcome": s.Outcome, "detail": s.Detail} {
		if value != "" {
			args[name] = value
		}
	}
	cat := s.Phase
	if s.Critical {
		cat += ",critical"
	}
	name := s.Package
	if s.Phase != "compile" {
		name = s.Phase + " " + name
	}
	t.slice(traceEvent{Name: name, Cat: cat, TID: lane, Args: args}, s.StartNS, s.DoneNS)
	for _, p := range s.Parts {
		t.slice(traceEvent{Name: p.Phase, Cat: p.Phase, TID: lane}, p.StartNS, p.DoneNS)
	}
	at, ok := t.critical[s.ID]
	if !ok {
		return
	}
	// Arrows are numbered by the step they lead to.
	flow := traceEvent{Name: "critical path", Cat: "critical", PID: tracePID, TID: lane}
	if at > 0 {
		flow.Phase, flow.ID, flow.TS, flow.BP = "f", at, micros(s.StartNS), "e"
		t.event(flow)
	}
	if at+1 < len(t.critical) {
		flow.Phase, flow.ID, flow.TS, flow.BP = "s", at+1, micros(s.StartNS), ""
		t.event(flow)
	}
}

// traceStretches is how many values a counter of a trace has.
const traceStretches = 400

// counters writes how busy the build was.
func (t *tracer) counters(r *Report) {
	for i, l := range r.Load(traceStretches) {
		at := micros(r.Total.WallNS * int64(i) / traceStretches)
		t.event(traceEvent{Name: "steps", Phase: "C", TS: at, PID: tracePID,
			Args: map[string]any{"running": round(l.Running), "waiting": round(l.Waiting)}})
		t.event(traceEvent{Name: "CPU", Phase: "C", TS: at, PID: tracePID, Args: map[string]any{"cores": round(l.CPU)}})
	}
}

// round keeps two digits.
func round(f float64) float64 { return float64(int64(f*100+0.5)) / 100 }
