package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/git"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/testrun/cover"
)

// coverFlags are the flags about coverage.
type coverFlags struct {
	min        float64
	diff, html string
	table      bool
	changed    func(name string) bool
}

func (flags *coverFlags) register(f *pflag.FlagSet) {
	f.Float64Var(&flags.min, "cover-min", 0, "exit with status 4 if less is covered")
	f.StringVar(&flags.diff, "cover-diff", "", "count only lines that changed since a commit")
	f.StringVar(&flags.html, "cover-html", "", "file for the coverage as a page")
	f.BoolVar(&flags.table, "cover-table", false, "list the coverage of each package")
	flags.changed = f.Changed
}

func (flags *coverFlags) check() error {
	if flags.min < 0 || flags.min > 100 || flags.min != flags.min {
		return usageError("test", "--cover-min: %v is no percentage", flags.min)
	}
	return nil
}

// coverRun is the coverage of one run.
type coverRun struct {
	flags   *coverFlags
	profile string
	temp    string // directory to remove, "" if the user named the profile
}

// openCover makes go write a profile, if a flag needs one.
func (a *app) openCover(opts *build.Options, flags *coverFlags) (*coverRun, error) {
	if !flags.changed("cover-min") && flags.diff == "" && flags.html == "" && !flags.table {
		return nil, nil
	}
	if opts.Go == nil {
		return nil, usageError("test", "a recorded run has no coverage profile")
	}
	c := &coverRun{flags: flags}
	var err error
	if c.profile, err = coverProfile(*opts); err != nil || c.profile != "" {
		return c, err
	}
	if c.temp, err = os.MkdirTemp("", "gust-cover"); err != nil {
		return nil, fmt.Errorf("make a directory for the coverage profile: %w", err)
	}
	c.profile = filepath.Join(c.temp, "cover.out")
	opts.Args = gocmd.InsertFlags(opts.Args, "-coverprofile="+c.profile)
	return c, nil
}

// coverProfile is the absolute name of the file that the user sends the
// coverage profile to, empty if there is none.
func coverProfile(opts build.Options) (string, error) {
	name, ok := gocmd.FindFlag("test", opts.Args, "coverprofile")
	if !ok || name == "" || opts.Go == nil {
		return "", nil
	}
	if filepath.IsAbs(name) {
		return name, nil
	}
	work, err := workDir(opts)
	if err != nil {
		return "", err
	}
	if dir, ok := gocmd.FindFlag("test", opts.Args, "outputdir"); ok {
		work = filepath.Join(work, dir)
		if filepath.IsAbs(dir) {
			work = dir
		}
	}
	return filepath.Join(work, name), nil
}

// remove drops a profile that the user did not ask for.
func (c *coverRun) remove() {
	if c != nil && c.temp != "" {
		os.RemoveAll(c.temp)
	}
}

// report shows the coverage of a run and holds it to the thresholds.
func (c *coverRun) report(ctx context.Context, r *testReports, code int) error {
	if c == nil {
		return nil
	}
	f, err := os.Open(c.profile)
	if err != nil {
		if code != 0 {
			return nil // go writes none where the build failed
		}
		return fmt.Errorf("read the coverage profile: %w", err)
	}
	defer f.Close()
	profile, err := cover.Read(f)
	if err != nil {
		return err
	}
	if c.flags.html != "" {
		if err := c.page(ctx, r); err != nil {
			return err
		}
	}
	var b strings.Builder
	if c.flags.table {
		coverTable(&b, profile)
	}
	count, what := profile.Total(), "of statements"
	if c.flags.diff != "" {
		diff, err := c.changedLines(ctx, r, profile)
		if err != nil {
			return err
		}
		count, what = diff.Lines, "of lines changed since "+c.flags.diff
		for _, u := range diff.Uncovered {
			fmt.Fprintf(&b, "not covered: %s\n", printable(u.String()))
		}
	}
	fmt.Fprintf(&b, "coverage: %.1f%% %s (%d of %d)\n", count.Percent(), what, count.Covered, count.Total)
	out := r.app.term.Out
	if r.flags.json {
		out = r.app.term.Err
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	if c.flags.changed("cover-min") && count.Below(c.flags.min) {
		return fault.New(fault.Capability, "run: gust test --cover-html=cover.html ./...",
			"coverage is %.2f%% %s, less than --cover-min=%v", count.Percent(), what, c.flags.min)
	}
	return nil
}

func coverTable(b *strings.Builder, profile cover.Profile) {
	width := 0
	for _, p := range profile.Packages() {
		width = max(width, len(p.ImportPath))
	}
	b.WriteByte('\n')
	for _, p := range profile.Packages() {
		fmt.Fprintf(b, "%-*s  %5.1f%%  %d of %d\n", width, p.ImportPath, p.Percent(), p.Covered, p.Total)
	}
}

// page renders the profile with go's own tool.
func (c *coverRun) page(ctx context.Context, r *testReports) error {
	name, err := filepath.Abs(c.flags.html)
	if err != nil {
		return fmt.Errorf("write the coverage page: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return fmt.Errorf("write the coverage page: %w", err)
	}
	goIn, _, err := inWorkDir(r.opts)
	if err != nil {
		return err
	}
	if _, err := goIn.Output(ctx, "tool", "cover", "-html="+c.profile, "-o", name); err != nil {
		return fmt.Errorf("write the coverage page: %w", err)
	}
	return nil
}

// changedLines restricts the profile to what changed since a commit. New
// files count as a whole.
func (c *coverRun) changedLines(ctx context.Context, r *testReports, profile cover.Profile) (cover.Diff, error) {
	goIn, _, err := inWorkDir(r.opts)
	if err != nil {
		return cover.Diff{}, err
	}
	repo, err := git.Open(ctx, goIn.Dir, goIn.Env)
	if err != nil {
		return cover.Diff{}, err
	}
	commit, err := repo.Commit(ctx, c.flags.diff)
	if err != nil {
		return cover.Diff{}, err
	}
	out, err := repo.Diff(ctx, commit, ".go")
	if err != nil {
		return cover.Diff{}, err
	}
	lines, err := git.HunkLines(out)
	if err != nil {
		return cover.Diff{}, err
	}
	untracked, err := repo.Untracked(ctx)
	if err != nil {
		return cover.Diff{}, err
	}
	src := &sources{root: repo.Root, dirs: make(map[string]string), whole: make(map[string]bool)}
	for _, name := range untracked {
		src.whole[name] = true
	}
	if err := src.locate(ctx, r, profile); err != nil {
		return cover.Diff{}, err
	}
	for name := range src.whole {
		if strings.HasSuffix(name, ".go") {
			n, err := src.lines(name)
			if err != nil {
				return cover.Diff{}, err
			}
			lines[name] = n
		}
	}
	return profile.Diff(lines, src)
}

// sources finds the files of a profile in a repository.
type sources struct {
	root  string
	dirs  map[string]string // of packages
	whole map[string]bool   // files that git does not have
}

func (s *sources) locate(ctx context.Context, r *testReports, profile cover.Profile) error {
	goIn, list, err := inWorkDir(r.opts)
	if err != nil {
		return err
	}
	args := append(append([]string{"list"}, list...), "-e", "-f", "{{.ImportPath}}\t{{.Dir}}", "--")
	for _, p := range profile.Packages() {
		args = append(args, p.ImportPath)
	}
	out, err := goIn.Output(ctx, args...)
	if err != nil {
		return fmt.Errorf("find the packages of the coverage profile: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, dir, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		s.dirs[pkg] = dir
	}
	if resolved, err := filepath.EvalSymlinks(s.root); err == nil {
		s.root = resolved
	}
	return nil
}

// File implements [cover.Source].
func (s *sources) File(importPath, base string) (string, []byte, bool, error) {
	dir := s.dirs[importPath]
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	rel, err := filepath.Rel(s.root, filepath.Join(dir, base))
	if dir == "" || err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", nil, false, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, base))
	if err != nil {
		return "", nil, false, fmt.Errorf("read a file of the coverage profile: %w", err)
	}
	return filepath.ToSlash(rel), data, true, nil
}

// lines are the numbers of all lines of a file.
func (s *sources) lines(name string) ([]int, error) {
	data, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(name)))
	if err != nil {
		return nil, fmt.Errorf("read a new file: %w", err)
	}
	all := make([]int, strings.Count(string(data), "\n")+1)
	for i := range all {
		all[i] = i + 1
	}
	return all, nil
}
