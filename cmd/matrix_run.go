package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gust-go/gust/build/matrix"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/binary"
	"github.com/gust-go/gust/kernelcheck/fact"
)

// run builds, judges and shows.
func (j *matrixJob) run(ctx context.Context) error {
	if err := j.fetch(ctx); err != nil {
		return err
	}
	began := j.a.clock.Now()
	progress := report.New(report.Options{
		Out: j.a.term.Out, Err: j.a.term.Err, JSON: j.flags.json, Progress: true, Repaint: j.a.term.Repaints(),
		Width: j.a.term.Width, ColorErr: j.a.term.Color(j.color, j.a.term.ErrTTY), Clock: j.a.clock,
	})
	var list []event.MatrixTarget
	_, err := matrix.Run(ctx, matrix.Options{
		Targets: j.targets, Root: j.outRoot, Output: j.out, Jobs: j.jobs(), Now: j.a.clock.Now, Build: j.build,
		Heard: j.heard(progress),
		Done:  func(r matrix.Result) { list = append(list, j.judge(r)) },
	})
	if closeErr := progress.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	list = j.inOrder(list)
	sum := summarize(list)
	sum.WallNS = j.a.clock.Now().Sub(began).Nanoseconds()
	return j.report(list, sum)
}

// heard shows progress, and each warning once.
func (j *matrixJob) heard(progress *report.Reporter) func(matrix.Target, event.Event) {
	var mu sync.Mutex
	warned := make(map[event.Warning]bool)
	return func(t matrix.Target, e event.Event) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case event.BuildPackage:
			if j.flags.json {
				return // several builds at once would be told as one
			}
			e.ImportPath = t.Name() + " " + e.ImportPath
			progress.Emit(e)
		case event.Warning:
			if !warned[e] {
				warned[e] = true
				j.a.rec.Emit(e)
				progress.Emit(e)
			}
		}
	}
}

// inOrder sorts results as the targets are.
func (j *matrixJob) inOrder(list []event.MatrixTarget) []event.MatrixTarget {
	by := make(map[string]event.MatrixTarget)
	for _, e := range list {
		by[e.Name] = e
	}
	var sorted []event.MatrixTarget
	for _, t := range j.targets {
		sorted = append(sorted, by[t.Name()])
	}
	return sorted
}

// judge is the event about a result, with what its programs need.
func (j *matrixJob) judge(r matrix.Result) event.MatrixTarget {
	e := event.MatrixTarget{
		Name: r.Name(), Env: r.Vars(), Dir: j.folder(r.Target), Code: r.Code, Output: strings.ToValidUTF8(string(r.Output), "\uFFFD"),
		Current: r.Summary.Current, Compiled: r.Summary.Compiled, Reused: r.Summary.Reused + r.Summary.Relinked, WallNS: r.Wall.Nanoseconds(),
	}
	if r.Err != nil {
		e.Error = r.Err.Error()
	}
	for _, name := range r.Files {
		p, err := binary.Read(filepath.Join(r.Dir, name))
		if err != nil {
			continue // a header, or a wasm file, of which nothing can be said
		}
		p.Name = filepath.Join(e.Dir, name)
		e.Programs = append(e.Programs, programNeeds(p, r.Target))
	}
	return e
}

// programNeeds is what a program needs, and whether it would run where it has
// to.
func programNeeds(p *fact.Program, t matrix.Target) event.MatrixProgram {
	out := event.MatrixProgram{File: p.Name, Go: p.Version, Level: p.Level, MinKernel: kernelcheck.MinKernel(p)}
	for _, h := range declaredHosts(t) {
		s, err := kernelcheck.Stands(p, h.Kernel, h.CPU)
		if err != nil {
			s.Verdict = fact.Unknown
		}
		h.Verdict = string(s.Verdict)
		for _, f := range s.Findings {
			h.Findings = append(h.Findings, findingEvent(f))
		}
		out.Hosts = append(out.Hosts, h)
	}
	return out
}

// declaredHosts are the combinations of the kernels and CPUs of a target.
func declaredHosts(t matrix.Target) []event.MatrixHost {
	kernels, cpus := t.Kernels, t.CPUs
	if len(kernels)+len(cpus) == 0 {
		return nil
	}
	if len(kernels) == 0 {
		kernels = []string{""}
	}
	if len(cpus) == 0 {
		cpus = []string{""}
	}
	var hosts []event.MatrixHost
	for _, k := range kernels {
		for _, c := range cpus {
			hosts = append(hosts, event.MatrixHost{Kernel: k, CPU: c})
		}
	}
	return hosts
}

// summarize counts.
func summarize(list []event.MatrixTarget) event.MatrixSummary {
	sum := event.MatrixSummary{Targets: len(list)}
	for _, e := range list {
		switch {
		case e.Error != "" || e.Code != 0:
			sum.Failed++
			if sum.Code == 0 {
				sum.Code = max(e.Code, 1)
			}
		case targetVerdict(e) == string(fact.No):
			sum.Unfit++
		case targetVerdict(e) == string(fact.Unknown):
			sum.Undecided++
		}
	}
	if sum.Code == 0 && sum.Unfit > 0 {
		sum.Code = exitCapability
	}
	return sum
}

// targetVerdict is the worst verdict about a target, "" if nothing is declared
// for it.
func targetVerdict(e event.MatrixTarget) string {
	worst := ""
	for _, p := range e.Programs {
		for _, h := range p.Hosts {
			switch {
			case h.Verdict == string(fact.No):
				return h.Verdict
			case worst == "" || h.Verdict == string(fact.Unknown):
				worst = h.Verdict
			}
		}
	}
	return worst
}

// report shows all targets, and ends with the exit code.
func (j *matrixJob) report(list []event.MatrixTarget, sum event.MatrixSummary) error {
	var failed error
	emit := func(e event.Event) {
		j.a.rec.Emit(e)
		if j.flags.json && failed == nil {
			failed = j.a.emit(e)
		}
	}
	for _, e := range list {
		emit(e)
	}
	emit(sum)
	if !j.flags.json {
		view := matrixView{color: j.a.term.Color(j.color, j.a.term.OutTTY), colorErr: j.a.term.Color(j.color, j.a.term.ErrTTY)}
		if _, err := fmt.Fprint(j.a.term.Err, view.output(list)); err != nil {
			failed = err
		}
		if err := j.a.print("%s", view.table(list, sum)); err != nil {
			return err
		}
	}
	if failed != nil {
		return fmt.Errorf("write the report: %w", failed)
	}
	return goResult(sum.Code, nil)
}
