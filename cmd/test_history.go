package cmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/testrun/history"
	"github.com/gust-go/gust/testrun/shard"
)

// historyCommand, as the first argument of gust test, makes gust show the
// recorded results instead of running go. A package of that name can be
// written ./history.
const historyCommand = "history"

// historyLog is the log of the module that env is of. ok is false if none is
// to be kept.
func (a *app) historyLog(env *gocmd.Env) (log history.Log, root string, ok bool) {
	if env == nil || a.term.Getenv("GUST_TEST_HISTORY") == "off" {
		return history.Log{}, "", false
	}
	path, ok := modulePath(env.GOMOD)
	if !ok {
		return history.Log{}, "", false
	}
	dir, err := cache.Dir(a.term.Getenv)
	if err != nil {
		return history.Log{}, "", false
	}
	return history.ForModule(filepath.Join(dir, "history"), path), filepath.Dir(env.GOMOD), true
}

// modulePath reads the path of the module from its go.mod.
func modulePath(gomod string) (string, bool) {
	if gomod == "" || gomod == os.DevNull {
		return "", false
	}
	data, err := os.ReadFile(gomod)
	if err != nil {
		return "", false
	}
	path := modfile.ModulePath(data)
	return path, path != ""
}

// testHistory is gust test history [PATTERN].
func (a *app) testHistory(ctx context.Context, opts build.Options, flags *testFlags) error {
	if len(opts.Args) > 1 || len(opts.Args) == 1 && strings.HasPrefix(opts.Args[0], "-") {
		return fault.New(fault.Usage, "run: gust test history 'TestFlush|/db '",
			"gust test history takes one regular expression, not %q", opts.Args)
	}
	pattern := regexp.MustCompile("")
	if len(opts.Args) == 1 {
		var err error
		if pattern, err = regexp.Compile(opts.Args[0]); err != nil {
			return usageError("test", "%q is not a regular expression", opts.Args[0])
		}
	}
	env, err := opts.Go.EnvVars(ctx, "")
	if err != nil {
		return err
	}
	log, _, ok := a.historyLog(&env)
	if !ok {
		return fault.New(fault.NotFound, "run gust test history in a module, without GUST_TEST_HISTORY=off", "there is no test history")
	}
	records, err := log.Read()
	if err != nil {
		return err
	}
	if name := flags.selection.durations; name != "" {
		return writeDurations(name, records)
	}
	stats := slices.DeleteFunc(history.Summarize(records), func(s history.Stat) bool {
		return !pattern.MatchString(s.Package + " " + s.Test)
	})
	if len(stats) == 0 {
		return fault.New(fault.NotFound, "run: gust test ./...", "no test on record matches")
	}
	if flags.json {
		return a.historyEvents(stats)
	}
	_, err = io.WriteString(a.term.Out, historyTable(stats))
	return err
}

// writeDurations writes a file for --shard-durations.
func writeDurations(name string, records []history.Record) error {
	durations := history.Durations(records)
	if len(durations) == 0 {
		return fault.New(fault.NotFound, "run: gust test ./...", "no complete run is on record")
	}
	f, err := create(name)
	if err != nil {
		return err
	}
	err = shard.WriteDurations(f, durations)
	return cmp.Or(err, f.Close())
}

func (a *app) historyEvents(stats []history.Stat) error {
	for _, s := range stats {
		data, err := event.Marshal(event.TestHistory{
			Package: s.Package, Test: s.Test, Runs: s.Runs, Failures: s.Failures, Flakes: s.Flakes, Skips: s.Skips,
			MedianNS: s.Median.Nanoseconds(), MaxNS: s.Max.Nanoseconds(), Last: s.Last,
			LastTime: s.LastTime.UTC().Format(time.RFC3339), Recent: s.Recent,
		})
		if err != nil {
			return err
		}
		if _, err := a.term.Out.Write(append(data, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// historyTable shows tests that fail or flake first.
func historyTable(stats []history.Stat) string {
	slices.SortStableFunc(stats, func(x, y history.Stat) int {
		return cmp.Compare(y.FlakyRate()+rate(y.Failures, y.Runs), x.FlakyRate()+rate(x.Failures, x.Runs))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%5s %6s %6s %8s %8s  %-10s %s\n", "runs", "failed", "flaky", "median", "longest", "latest", "test")
	for _, s := range stats {
		var recent strings.Builder
		for _, r := range s.Recent {
			recent.WriteByte(mark(r))
		}
		fmt.Fprintf(&b, "%5d %5.0f%% %5.0f%% %8s %8s  %-10s %s %s\n", s.Runs, 100*rate(s.Failures, s.Runs), 100*s.FlakyRate(),
			report.Duration(s.Median), report.Duration(s.Max), recent.String(), printable(s.Package), printable(s.Test))
	}
	return b.String()
}

func rate(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// mark is one letter for a result; a pass is a dot, so that the others show.
func mark(result string) byte {
	switch result {
	case history.Pass:
		return '.'
	case history.Fail:
		return 'F'
	case history.Flaky:
		return 'f'
	case history.Skip:
		return 's'
	}
	return '?'
}
