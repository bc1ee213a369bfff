package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/testrun"
)

// tellGitHub writes annotations to the log and a summary for the job's page,
// if gust runs in a job of GitHub's.
func (a *app) tellGitHub(ctx context.Context, d *testview.Digest, opts build.Options, jsonOut bool) error {
	if a.term.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	work, err := workDir(opts)
	if err != nil {
		return err
	}
	root := a.term.Getenv("GITHUB_WORKSPACE")
	if root == "" {
		root = work
	}
	dirs := a.packageDirs(ctx, d, opts)
	h := testview.GitHub{
		Root:  root,
		Work:  work,
		Dir:   func(pkg string) string { return dirs[pkg] },
		Repro: func(pkg, test string) string { return testrun.Repro(opts.Args, pkg, test) },
	}
	if !jsonOut {
		if _, err := io.WriteString(a.term.Out, h.Annotations(d)); err != nil {
			return fmt.Errorf("write annotations: %w", err)
		}
	}
	name := a.term.Getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("write the job's summary: %w", err)
	}
	_, err = io.WriteString(f, h.Markdown(d))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write the job's summary: %w", err)
	}
	return nil
}

// workDir is the directory that go works in.
func workDir(opts build.Options) (dir string, err error) {
	if opts.Go != nil {
		dir = opts.Go.Dir
	}
	if dir == "" {
		if dir, err = os.Getwd(); err != nil {
			return "", fmt.Errorf("find the working directory: %w", err)
		}
	}
	chdir, _ := gocmd.FindFlag("test", opts.Args, "C")
	if filepath.IsAbs(chdir) {
		return chdir, nil
	}
	return filepath.Join(dir, chdir), nil
}

// packageDirs asks go where the packages with failures are. They only make
// paths longer, so trouble is not an error.
func (a *app) packageDirs(ctx context.Context, d *testview.Digest, opts build.Options) map[string]string {
	dirs := make(map[string]string)
	for _, c := range d.Failures {
		dirs[c.Package] = ""
	}
	if len(dirs) == 0 || opts.Go == nil {
		return dirs
	}
	args := append([]string{"list"}, gocmd.ListArgs("test", opts.Args)...)
	args = append(args, "-e", "-f", "{{.ImportPath}}\t{{.Dir}}")
	for pkg := range dirs {
		args = append(args, pkg)
	}
	out, err := opts.Go.Output(ctx, args...)
	if err != nil {
		return dirs
	}
	for _, line := range strings.Split(string(out), "\n") {
		if pkg, dir, ok := strings.Cut(strings.TrimRight(line, "\r"), "\t"); ok && filepath.IsAbs(dir) {
			dirs[pkg] = dir
		}
	}
	return dirs
}
