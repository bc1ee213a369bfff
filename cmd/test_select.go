package cmd

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/testrun"
	"github.com/gust-go/gust/testrun/history"
	"github.com/gust-go/gust/testrun/shard"
)

// selectFlags choose among the packages and tests of a command line.
type selectFlags struct {
	affected  string
	failed    bool
	filter    string
	shard     string
	durations string
	list      bool
}

func (flags *selectFlags) register(f *pflag.FlagSet) {
	f.StringVar(&flags.affected, "affected", "", "test only what changes since a commit affect")
	f.Lookup("affected").NoOptDefVal = "HEAD"
	f.BoolVar(&flags.failed, "failed", false, "test only what failed last time")
	f.StringVar(&flags.filter, "filter", "", "test only what an expression selects")
	f.StringVar(&flags.shard, "shard", "", "test one of several shares")
	f.StringVar(&flags.durations, "shard-durations", "", "file to balance the shares by")
	f.BoolVar(&flags.list, "list-tests", false, "list what would be tested")
}

// selectUsage is the part of the help about selection.
const selectUsage = `
  --affected[=REF]         test the packages that changes since a commit affect (HEAD);
                           --explain says why
  --failed                 test what failed when it was last tested
  --filter=EXPR            such as 'package=./db/... and not (last=pass or duration>5s)'
  --shard=I/N              test the I-th of N shares of the packages
  --shard-durations=FILE   balance the shares by the durations in a file, which
                           gust test history --shard-durations=FILE writes
  --list-tests             list the tests instead of running them
`

// any reports whether there is anything to choose.
func (flags *selectFlags) any() bool {
	return flags.affected != "" || flags.failed || flags.filter != "" || flags.shard != "" || flags.list
}

// partial reports whether single tests are chosen.
func (flags *selectFlags) partial() bool { return flags.failed || flags.filter != "" }

func (flags *selectFlags) check(opts build.Options) error {
	if flags.shard != "" {
		if _, err := shard.Parse(flags.shard); err != nil {
			return usageError("test", "--shard: %w", err)
		}
	} else if flags.durations != "" {
		return usageError("test", "--shard-durations goes with --shard or with gust test history")
	}
	if _, ok := gocmd.FindFlag("test", opts.Args, "run"); ok && flags.partial() {
		return usageError("test", "-run goes neither with --failed nor with --filter")
	}
	return nil
}

// A selection is what is left to test.
type selection struct {
	app      *app
	opts     build.Options
	flags    *testFlags
	packages []string            // nil: those of the command line, not resolved
	tests    map[string][]string // by package; nil: all of them
}

// selectTests works out the parts to run. done is true if there is nothing to
// run, or the tests were listed.
func (a *app) selectTests(ctx context.Context, opts build.Options, flags *testFlags) (parts []testrun.Part, done bool, err error) {
	if err := flags.selection.check(opts); err != nil || !flags.selection.any() {
		return nil, false, err
	}
	s := &selection{app: a, opts: opts, flags: flags}
	for _, step := range []func(context.Context) error{s.affected, s.failed, s.filter, s.shard} {
		if err := step(ctx); err != nil {
			return nil, false, err
		}
		if s.packages != nil && len(s.packages) == 0 {
			return nil, true, s.empty()
		}
	}
	if flags.selection.list {
		return nil, true, s.list(ctx)
	}
	return s.parts(), false, nil
}

// empty is what to say when nothing is left. A filter that matches nothing is
// probably a mistake; that nothing is affected or failed is good news.
func (s *selection) empty() error {
	if s.flags.selection.filter != "" {
		return fault.New(fault.NotFound, "run: gust test --list-tests", "--filter=%q selects no test", s.flags.selection.filter)
	}
	s.say("nothing to test")
	return nil
}

// say tells the user what was chosen.
func (s *selection) say(format string, args ...any) {
	// Nobody is left to tell if stderr is closed.
	_, _ = fmt.Fprintf(s.app.term.Err, "gust: %s\n", printable(fmt.Sprintf(format, args...)))
}

// patterns are the packages as the user wrote them.
func (s *selection) patterns() []string {
	if p := gocmd.Packages("test", s.opts.Args); len(p) > 0 {
		return p
	}
	return []string{"."}
}

// resolve asks go which packages are meant, if that is not known yet.
func (s *selection) resolve(ctx context.Context) error {
	if s.packages != nil {
		return nil
	}
	goIn, list, err := inWorkDir(s.opts)
	if err != nil {
		return err
	}
	out, err := goIn.Output(ctx, append(append(append([]string{"list"}, list...), "--"), s.patterns()...)...)
	if err != nil {
		return fmt.Errorf("list packages: %w", err)
	}
	s.packages = append([]string{}, strings.Fields(string(out))...)
	return nil
}

func (s *selection) failed(ctx context.Context) error {
	if !s.flags.selection.failed {
		return nil
	}
	log, root, ok := s.app.historyLog(s.opts.Env)
	if !ok {
		return fault.New(fault.Capability, "unset GUST_TEST_HISTORY", "--failed needs the test history of a module")
	}
	records, err := log.Read()
	if err != nil {
		return err
	}
	failed := history.Failed(records, root)
	if s.packages == nil && len(gocmd.Packages("test", s.opts.Args)) == 0 {
		// Wherever they are in the module. None is not the same as nil.
		s.packages = append([]string{}, slices.Sorted(maps.Keys(failed))...)
	} else if err := s.resolve(ctx); err != nil {
		return err
	}
	s.packages = slices.DeleteFunc(s.packages, func(p string) bool { _, ok := failed[p]; return !ok })
	s.tests = make(map[string][]string)
	count := 0
	for _, p := range s.packages {
		if tests := innermost(failed[p]); len(tests) > 0 {
			s.tests[p] = tests
			count += len(tests)
		}
	}
	if len(s.packages) > 0 {
		s.say("testing again what failed: %s", counted(count, len(s.packages)))
	}
	return nil
}

// counted says how much failed; packages without tests did not build.
func counted(tests, packages int) string {
	return words.Count(tests, "test") + " in " + words.Count(packages, "package")
}

// innermost leaves out tests of which a subtest is there as well.
func innermost(tests []string) []string {
	return slices.DeleteFunc(slices.Clone(tests), func(t string) bool {
		return slices.ContainsFunc(tests, func(u string) bool { return strings.HasPrefix(u, t+"/") })
	})
}

func (s *selection) modulePath() string {
	if s.opts.Env == nil {
		return ""
	}
	path, _ := modulePath(s.opts.Env.GOMOD)
	return path
}

func (s *selection) shard(ctx context.Context) error {
	if s.flags.selection.shard == "" {
		return nil
	}
	share, err := shard.Parse(s.flags.selection.shard)
	if err != nil {
		return err
	}
	if err := s.resolve(ctx); err != nil {
		return err
	}
	plan := shard.Split(s.packages, nil, share.Count)
	if name := s.flags.selection.durations; name != "" {
		f, err := os.Open(name)
		if err != nil {
			return fault.New(fault.Usage, "run: gust test history --shard-durations="+name, "read durations: %w", err)
		}
		defer f.Close()
		durations, err := shard.ReadDurations(f)
		if err != nil {
			return fault.New(fault.Usage, "run: gust test history --shard-durations="+name, "%s: %w", name, err)
		}
		plan = shard.Split(s.packages, durations, share.Count)
	}
	total := len(slices.Compact(slices.Sorted(slices.Values(s.packages))))
	s.packages = append([]string{}, plan.Shares[share.Index-1]...)
	s.say("share %d of %d: %d of %s (plan %s)", share.Index, share.Count, len(s.packages), words.Count(total, "package"), plan.Digest())
	return nil
}

// parts groups the packages by the tests to run in them, so that go is
// started as seldom as possible.
func (s *selection) parts() []testrun.Part {
	if s.packages == nil {
		return nil
	}
	byRun := make(map[string][]string)
	for _, pkg := range s.packages {
		run := runPattern(s.tests[pkg])
		byRun[run] = append(byRun[run], pkg)
	}
	var parts []testrun.Part
	for _, run := range slices.Sorted(maps.Keys(byRun)) {
		parts = append(parts, testrun.Part{Packages: byRun[run], Run: run})
	}
	return parts
}

// runPattern is the -run for just these tests, "" for all.
func runPattern(tests []string) string {
	var patterns []string
	for _, name := range tests {
		levels := strings.Split(name, "/")
		for i, level := range levels {
			levels[i] = "^" + regexp.QuoteMeta(level) + "$"
		}
		patterns = append(patterns, strings.Join(levels, "/"))
	}
	return strings.Join(patterns, "|")
}
