package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/testrun"
	"github.com/gust-go/gust/testrun/junit"
	"github.com/gust-go/gust/testrun/source"
)

func (r *testReports) writeJUnit(ctx context.Context, result testrun.Result) error {
	if r.flags.junitFile == "" || result.Execution == nil {
		return nil
	}
	opts := r.flags.junit
	opts.PackageOutput = func(importPath string) string { return r.builds[importPath] }
	opts.EveryRun = r.flags.stress.Stress != (testrun.Stress{})
	if r.outputs != nil {
		opts.SystemOut = r.outputs.Of
	}
	opts.GoVersion = "unknown"
	if r.opts.Env != nil {
		opts.GoVersion = r.opts.Env.GOVERSION + " " + r.opts.Env.GOOS + "/" + r.opts.Env.GOARCH
		if index, err := r.index(ctx, result.Execution.Packages()); err == nil {
			opts.Locate = index.Locate
		}
	}
	if list, _, err := r.list(); err == nil {
		opts.Quarantined = func(pkg, test string) (string, bool) {
			e, ok := list.Find(pkg, test)
			return e.Reason, ok
		}
	}
	f, err := os.Create(r.flags.junitFile)
	if err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return errors.Join(junit.Write(f, result.Execution, opts), f.Close())
}

// index finds the test files of packages.
func (r *testReports) index(ctx context.Context, packages []string) (*source.Index, error) {
	goIn, list, err := inWorkDir(r.opts)
	if err != nil {
		return nil, err
	}
	args := append(append([]string{"list"}, list...), "-e", "-f", `{{.ImportPath}}{{"\t"}}{{.Dir}}{{range .TestGoFiles}}{{"\t"}}{{.}}{{end}}{{range .XTestGoFiles}}{{"\t"}}{{.}}{{end}}`, "--")
	out, err := goIn.Output(ctx, append(args, packages...)...)
	if err != nil {
		return nil, err
	}
	found := make(map[string]source.Package)
	for line := range strings.Lines(string(out)) {
		if words := strings.Split(strings.TrimRight(line, "\r\n"), "\t"); len(words) > 2 {
			found[words[0]] = source.Package{Dir: words[1], Files: words[2:]}
		}
	}
	return source.New(filepath.Dir(r.opts.Env.GOMOD), found), nil
}
