package runlog

import (
	"fmt"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Outcome is one word: ok, failed, running or killed.
func (r *Run) Outcome() string {
	switch {
	case r.State == Running:
		return "running"
	case r.State == Killed:
		return "killed"
	case r.End.Code != 0:
		return "failed"
	}
	return "ok"
}

// Headline says in a few words what came of the run.
func (r *Run) Headline() string {
	var parts []string
	add := func(n int, text string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, text))
		}
	}
	things := func(n int, thing string) {
		if n != 1 {
			thing += "s"
		}
		add(n, thing)
	}
	switch e := r.Gist.(type) {
	case event.BuildSummary:
		if e.Current {
			parts = append(parts, "nothing to build")
		}
		add(e.Compiled, "compiled")
		add(e.Reused+e.Relinked, "reused")
		add(e.Failed, "failed")
		add(e.Linked, "linked")
	case event.TestSummary:
		things(e.Tests, "test")
		add(e.Failed, "failed")
		add(e.Flaky, "flaky")
		add(e.Skipped, "skipped")
		add(e.BuildFailed, "not built")
		add(e.PackagesCached, "packages cached")
	case event.KernelSummary:
		things(e.Errors, "error")
		things(e.Warnings, "warning")
		add(e.Undecided, "could not tell")
	case event.MatrixSummary:
		things(e.Targets, "target")
		add(e.Failed, "failed")
		add(e.Unfit, "would not run")
		add(e.Undecided, "could not tell")
	case event.CacheSummary:
		add(e.Removed, "removed")
	}
	if r.State == Ended && r.End.WallNS > 0 {
		parts = append(parts, time.Duration(r.End.WallNS).Round(time.Millisecond).String())
	}
	return strings.Join(parts, ", ")
}
