package cmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// explainAll is the value of --explain without a package.
const explainAll = "all"

// explainFlag is --explain or --explain=PKG.
type explainFlag struct {
	on  bool
	pkg string // empty means every package
}

func (f *explainFlag) String() string { return f.pkg }

func (f *explainFlag) Type() string { return "package" }

func (f *explainFlag) Set(s string) error {
	f.on, f.pkg = true, s
	if s == explainAll {
		f.pkg = ""
	}
	return nil
}

// explain prints what --explain asks for. The report is data and goes to
// stdout, except where that belongs to a program or to tests.
func (a *app) explain(ctx context.Context, r *report.Reporter, opts build.Options, pkg string, color term.ColorMode, exit int) error {
	w, tty := a.term.Out, a.term.OutTTY
	if opts.Verb == "run" || opts.Verb == "test" {
		w, tty = a.term.Err, a.term.ErrTTY
	}
	summary, ok := r.Summary()
	x := report.Explain{Color: a.term.Color(color, tty)}
	if !summary.Current { // else there is nothing to shorten, and no need to ask go
		x.Module = a.module(ctx, opts)
	}
	if pkg == "" {
		if !ok {
			return nil // go refused before anything was built
		}
		return written(x.Build(w, r.Packages(), summary))
	}
	if matched := report.Match(r.Packages(), pkg); len(matched) > 0 {
		return written(x.Package(w, matched, r.Packages()))
	}
	if exit != 0 {
		return nil // what failed has been said
	}
	return a.explainAbsent(ctx, w, r, opts, pkg)
}

// explainAbsent speaks about a package that was not compiled: either go had
// it in its cache or it is not part of the build.
func (a *app) explainAbsent(ctx context.Context, w io.Writer, r *report.Reporter, opts build.Options, pkg string) error {
	known, err := listPackages(ctx, opts)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(known, func(p string) bool { return report.MatchPath(p, pkg) }); i >= 0 {
		_, err := fmt.Fprintf(w, "%s: up to date, go found it in its cache\n", known[i])
		return written(err)
	}
	for _, p := range r.Packages() {
		known = append(known, p.ImportPath)
	}
	hint := "run: go list -deps"
	if near := nearest(pkg, known); near != "" {
		hint = fmt.Sprintf("run: gust %s --explain=%s", opts.Verb, near)
	}
	return fault.New(fault.NotFound, hint, "no package %q in this build", pkg)
}

// listPackages asks go which packages the build consists of.
func listPackages(ctx context.Context, opts build.Options) ([]string, error) {
	args := append([]string{"list"}, gocmd.ListArgs(opts.Verb, opts.Args)...)
	args = append(args, "-deps", "-e")
	if opts.Verb == "test" {
		args = append(args, "-test")
	}
	out, err := opts.Go.Output(ctx, append(args, gocmd.Packages(opts.Verb, opts.Args)...)...)
	if err != nil {
		return nil, fmt.Errorf("list the packages of the build: %w", err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' || r == '\r' }), nil
}

// module returns the path of the main module, "" if there is none or several.
// It only shortens the report, so trouble is not an error.
func (a *app) module(ctx context.Context, opts build.Options) string {
	chdir, _ := gocmd.FindFlag(opts.Verb, opts.Args, "C")
	env, err := opts.Go.EnvVars(ctx, chdir)
	if err != nil || env.GOWORK != "" && env.GOWORK != "off" {
		return ""
	}
	data, err := os.ReadFile(env.GOMOD)
	if err != nil {
		return ""
	}
	return modfile.ModulePath(data)
}

func written(err error) error {
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// nearest returns the import path among known whose last elements are most
// like name, "" if none is like it.
func nearest(name string, known []string) string {
	type candidate struct {
		path     string
		distance int
	}
	elements := strings.Count(name, "/") + 1
	best := make([]candidate, 0, len(known))
	for _, path := range known {
		path, _, _ = strings.Cut(path, " ")
		all := strings.Split(path, "/")
		tail := strings.Join(all[max(0, len(all)-elements):], "/")
		best = append(best, candidate{path, distance(name, tail)})
	}
	if len(best) == 0 {
		return ""
	}
	found := slices.MinFunc(best, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(x.distance, y.distance), cmp.Compare(x.path, y.path))
	})
	if found.distance > max(1, (len(name)+1)/3) {
		return ""
	}
	return found.path
}

// distance is the number of bytes to insert, delete or replace to turn a
// into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
