package probe

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

// Options say how to probe.
type Options struct {
	// Self is a program that answers raw.Command as its first argument with
	// raw.Main, as gust does. Without it the experiments that need a process of
	// their own are not run.
	Self string
	// Limit bounds the time; 0 means five seconds.
	Limit time.Duration
}

func (o Options) limit() time.Duration {
	if o.Limit == 0 {
		return 5 * time.Second
	}
	return o.Limit
}

// One runs one probe that is a system call or a few, not BPF, and returns what
// came of it. The facts in h explain it.
func One(ctx context.Context, h *fact.Host, name string, opts Options) fact.Probe {
	ctx, cancel := context.WithTimeout(ctx, opts.limit())
	defer cancel()
	for _, out := range runRaw(ctx, opts.Self, []string{name}) {
		return explain(h, out)
	}
	return fact.Probe{Verdict: fact.Unknown, Cause: fact.ByOther, Detail: "no such probe"}
}

// Run runs every probe and stores the outcomes in h, whose other facts explain
// them. It never fails: what goes wrong is an outcome.
func Run(ctx context.Context, h *fact.Host, opts Options) {
	ctx, cancel := context.WithTimeout(ctx, opts.limit())
	defer cancel()
	h.Probed = true
	h.Probes = make(map[string]fact.Probe)
	if h.OS != "linux" {
		for _, k := range Table() {
			h.Probes[k.Name] = fact.Probe{Verdict: fact.Unknown, Cause: fact.ByOther, Detail: "not Linux"}
		}
		return
	}
	bpf := make(map[string]fact.Probe)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		bpf = runBPF(ctx, h, opts.Self)
	}()
	outcomes := runRaw(ctx, opts.Self, slices.DeleteFunc(raw.Names(), func(name string) bool { return name == "bpf" }))
	wg.Wait()
	for name, p := range bpf {
		h.Probes[name] = p
	}
	for _, out := range outcomes {
		h.Probes[out.Name] = explain(h, out)
	}
}
